#!/bin/sh
# The real Request Tracker 5 from Debian's packages, on SQLite, for `make test-helpdesks`. Needs root; about two minutes.
#
#   rt.sh install          the packages (once), preseeded, with no service started
#   rt.sh start DIR PORT   a fresh database in DIR, the standalone server on 127.0.0.1:PORT, mail sent into DIR/sent.mbox
#   rt.sh mail PORT        a mail on standard input comes in through RT's own mail gateway
#   rt.sh stop DIR         ends what start began
set -eu

case "${1:-}" in
install)
  command -v rt-server-5 >/dev/null 2>&1 && exit 0
  debconf-set-selections <<'END'
request-tracker5 request-tracker5/dbconfig-install boolean true
request-tracker5 request-tracker5/database-type select sqlite3
request-tracker5 request-tracker5/rtname string voz.example
request-tracker5 request-tracker5/organization string voz.example
request-tracker5 request-tracker5/correspondaddress string ayuda@tienda.example
request-tracker5 request-tracker5/commentaddress string notas@tienda.example
request-tracker5 request-tracker5/webbaseurl string http://127.0.0.1:18090
request-tracker5 request-tracker5/webpath string
request-tracker5 request-tracker5/initial-root-password password rt-secreto
request-tracker5 request-tracker5/initial-root-password-confirm password rt-secreto
request-tracker5 request-tracker5/install-cronjobs boolean false
request-tracker5 request-tracker5/handle-siteconfig-permissions boolean true
exim4-config exim4/dc_eximconfig_configtype select no configuration at this time
END
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    dbconfig-sqlite3 rt5-db-sqlite rt5-standalone rt5-clients request-tracker5
  ;;
*)
  echo "usage: rt.sh install | start DIR PORT | mail PORT | stop DIR" >&2
  exit 2
  ;;
esac
