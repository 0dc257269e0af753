# `make run` needs Python 3.11-3.14 with venv, git and make; `make test` also what it installs from Debian.
# Another Python: make PYTHON=python3.12 run

SUPPORTED := import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for candidate in python3.13 python3.12 python3.11 python3.14 python3; do \
	"$$candidate" -c '$(SUPPORTED)' >/dev/null 2>&1 && { echo "$$candidate"; break; }; done)
else
EXACTLY := --exactly
endif
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help python environment test-environment machine run test check audit mutation lock demo-reset screenshots clean

help:
	@echo "make run          start everything, with demo data, and print where it listens"
	@echo "                  (WITHOUT_KEYAGENT=1: as for a citizen who has no key agent yet)"
	@echo "make test         all tests (installs what they need from Debian when allowed)"
	@echo "make check        lint, formatting, types, import contracts, wording, licences, known weaknesses"
	@echo "make audit        known weaknesses of the dependencies; that nobody answers is a failure"
	@echo "make mutation     break the core's rules one slip at a time, and see whether a test dies of it (some 20 minutes)"
	@echo "                  (MODULES=\"approval registration.review\" SAMPLE=600 SEED=1; SAMPLE=0 is every one)"
	@echo "make demo-reset   throw the demo data away and make it anew"
	@echo "make screenshots  pictures of every screen"
	@echo "make lock         resolve the dependencies again (needs uv)"
	@echo "make clean        remove environment and caches; demo data stays in var/"

python:
	@test -n "$(PYTHON)" || { \
		echo "No Python 3.11 to 3.14 with venv was found: install one, or name it: make PYTHON=/path/to/python3.12 run" >&2; exit 1; }
	@"$(PYTHON)" -c '$(SUPPORTED)' >/dev/null 2>&1 || { \
		echo "$(PYTHON) is not a Python 3.11 to 3.14 with venv: name one that is: make PYTHON=python3.12 run" >&2; exit 1; }

environment: python
	@"$(PYTHON)" -m runtime.setup run $(EXACTLY)

test-environment: python
	@"$(PYTHON)" -m runtime.setup test $(EXACTLY)

machine: python
	@"$(PYTHON)" -m runtime.setup test $(EXACTLY) --machine

run: environment
	@exec $(BIN)/qoltanba run $(if $(WITHOUT_KEYAGENT),--without-keyagent)

demo-reset: environment
	@exec $(BIN)/qoltanba demo reset

# Two at a time, as two cores allow: these compute, the others mostly wait for processes, clocks and browsers.
COMPUTING := tests/video/vision tests/portal tests/console tests/contracts tests/core tests/data tests/doors tests/house tests/keyagent tests/runtime/audit tests/runtime/test_backup.py tests/runtime/test_calling.py tests/runtime/test_compiling.py tests/runtime/test_portraits.py tests/runtime/test_verifying.py
test: machine
	@told=$$(mktemp); trap 'kill $$computing 2>/dev/null; rm -f "$$told"' EXIT INT TERM; \
	$(BIN)/python -m pytest $(COMPUTING) >"$$told" 2>&1 & computing=$$!; \
	$(BIN)/python -m pytest $(addprefix --ignore=,$(COMPUTING)); waiting_rc=$$?; \
	wait $$computing; computing_rc=$$?; \
	echo "== $(COMPUTING)"; cat "$$told"; \
	exit $$((waiting_rc > computing_rc ? waiting_rc : computing_rc))

check: test-environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/house
	$(BIN)/python -m tests.house.vulnerabilities

# The last question of `make check` alone; here no answer is a failure.
audit: test-environment
	$(BIN)/python -m tests.house.vulnerabilities --must

# One core, politely: it is no part of `make check`.
SAMPLE ?= 600
SEED ?= 1
mutation: test-environment
	@$(BIN)/python -m tests.mutation --sample $(SAMPLE) --seed $(SEED) $(MODULES)

screenshots: machine
	$(BIN)/python -m pytest -q tests/journeys/screenshots.py

# Universal (every platform, Python 3.11-3.14) and hash-pinned. No header and no comments:
# where the packages came from is the business of the machine that asked.
UV ?= uv
COMPILE = $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--override requirements/overrides.txt --no-header --no-annotate --no-emit-index-url --no-emit-find-links
lock:
	@command -v "$(UV)" >/dev/null || { echo "make lock needs uv: name it with make UV=/path/to/uv lock" >&2; exit 1; }
	$(COMPILE) $(UPGRADE) --output-file requirements/run.txt
	$(COMPILE) $(UPGRADE) --extra test --constraint requirements/run.txt --output-file requirements/test.txt

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
