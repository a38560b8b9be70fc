# Needs Python 3.11+ and make; everything else is installed into .venv from the hashed locks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= ../shared/data

.PHONY: start test test-helpdesks check eval bench crash soak test-model lock docs clean
.DEFAULT_GOAL := start

start: $(VENV)/.installed
	@$(BIN)/voz start

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q tests

check: $(VENV)/.installed-test
	$(BIN)/ruff check src tests benchmarks scripts
	$(BIN)/ruff format --check src tests benchmarks scripts
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/readme

bench: $(VENV)/.installed-test
	$(BIN)/python benchmarks/retrieval.py --data $(DATA)
	$(BIN)/python benchmarks/drafting.py
	$(BIN)/python benchmarks/recheck.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/support.py --data $(DATA)
	$(BIN)/python benchmarks/claims.py

# Request Tracker 5 from Debian's packages (root, apt, some minutes), and the tests that talk to it.
test-helpdesks: $(VENV)/.installed-test
	sh tests/helpdesk/rt.sh install
	$(BIN)/python -m pytest -q -rs tests/helpdesk/test_request_tracker.py

# Kills voz at every step and out of nowhere, and counts what was lost or sent twice (about ten minutes).
crash: $(VENV)/.installed-test
	$(BIN)/python tests/crash/crash.py

# Ten thousand cases through the API with reviewers acting at once; CASES=200 for a quick look.
CASES ?= 10000
soak: $(VENV)/.installed-test
	$(BIN)/python benchmarks/soak.py --cases $(CASES)

# Drafts every shipped suite as on the day the sample company lives in, and holds it against the committed scores.
eval: $(VENV)/.installed
	$(BIN)/voz eval run --today 2026-11-23 --writer extractive --html .voz/eval.html
	$(BIN)/voz eval gate last --html .voz/eval.html

test-model: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -rs tests/model

$(VENV)/.installed: requirements.lock pyproject.toml scripts/install.py
	@$(PYTHON) scripts/install.py $(VENV) requirements.lock
	@touch $@

$(VENV)/.installed-test: requirements-test.lock pyproject.toml scripts/install.py
	@$(PYTHON) scripts/install.py $(VENV) requirements-test.lock
	@touch $@ $(VENV)/.installed

# What the documentation says of commands, settings, drafts and sizes, written again from the code.
docs: $(VENV)/.installed-test
	$(BIN)/python scripts/reference.py
	$(BIN)/python scripts/drafts_page.py --today 2026-11-23
	$(BIN)/python scripts/sizes.py

# Newer releases on purpose, never by accident: rewrites both locks with hashes and without any index address.
lock:
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-annotate --no-header --universal -p 3.11 -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra test --generate-hashes --no-emit-index-url --no-annotate --no-header --universal -p 3.11 -q -c requirements.lock -o requirements-test.lock

clean:
	rm -rf $(VENV) .voz
