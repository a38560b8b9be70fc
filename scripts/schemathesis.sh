#!/usr/bin/env bash
# Runs schemathesis, all its checks, against a served voz with a company, a user and an API key of its own:
#   scripts/schemathesis.sh [seconds] [more options of `schemathesis run`]
# SCHEMATHESIS names the program; without it one is installed into a throwaway environment.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-120}; [ $# -gt 0 ] && shift
bin=${BIN:-.venv/bin}
work=$(mktemp -d)
server=
stop() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"; }
trap stop EXIT

if [ -z "${SCHEMATHESIS:-}" ]; then
  "$bin/python" -m venv "$work/venv"
  "$work/venv/bin/pip" install -q 'schemathesis>=4.32,<5'
  SCHEMATHESIS="$work/venv/bin/schemathesis"
fi

mkdir -p "$work/knowledge"
cp knowledge/politicas/devoluciones.md knowledge/politicas/envios.md "$work/knowledge/"
cp -r knowledge/brand "$work/knowledge/brand"
export VOZ_KNOWLEDGE="$work/knowledge" VOZ_HOME="$work/home" VOZ_WRITER=extractive VOZ_RATE_PER_MINUTE=0
"$bin/voz" users add ana --role admin --no-password >/dev/null
key=$("$bin/voz" users key ana --name schemathesis --scope messages:write --scope cases:read --scope cases:write \
  --scope drafts --scope knowledge --scope admin | grep -o 'voz_[A-Za-z0-9]*_[A-Za-z0-9_-]*' | head -1)
port=${PORT:-$("$bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
"$bin/voz" serve --port "$port" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 300); do
  curl -fs "http://127.0.0.1:$port/readyz" >/dev/null 2>&1 && break
  kill -0 "$server" || { cat "$work/log"; exit 1; }
  sleep 0.5
done

status=0
export SCHEMATHESIS_HOOKS=schemathesis_hooks PYTHONPATH=scripts
printf '[auth.openapi.key]\nbearer = "%s"\n' "$key" >"$work/schemathesis.toml"
curl -fs -H "Authorization: Bearer $key" "http://127.0.0.1:$port/v1/openapi.json" >"$work/openapi.json"
"$SCHEMATHESIS" --config-file "$work/schemathesis.toml" run "$work/openapi.json" --url "http://127.0.0.1:$port" --checks all \
  --max-time "$seconds" --request-timeout 30 --continue-on-failure --no-color "$@" || status=$?
if grep -q Traceback "$work/log"; then cat "$work/log" >&2; status=1; fi
exit $status
