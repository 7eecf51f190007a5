# `make` alone lists the targets. Nothing here needs more than Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SEED ?= 7
CORE := $(VENV)/.core-$(shell cat requirements/core.txt pyproject.toml 2>/dev/null | cksum | cut -d' ' -f1)
DEV := $(VENV)/.dev-$(shell cat requirements/dev.txt pyproject.toml 2>/dev/null | cksum | cut -d' ' -f1)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup dev demo test check bench bench-large messages documents openapi vendor lock screenshots clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Linli needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python has no venv: install it with 'apt install python3-venv' (Debian, Ubuntu) or your system's package of that name"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(CORE): | $(VENV)/bin/python
	@echo "Installing Linli into $(VENV) (once) ..."
	@$(PIP) install --require-hashes --no-deps -r requirements/core.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.core-* && touch $@

$(DEV): $(CORE)
	@echo "Installing the test and check tools (once) ..."
	@$(PIP) install --require-hashes --no-deps -r requirements/dev.txt
	@rm -f $(VENV)/.dev-* && touch $@

setup: $(CORE) ## make .venv with the command linli in it

dev: $(DEV) ## the same, with the tools for tests and checks

demo: $(CORE) ## a whole district in your browser: an alert reaches every household
	@$(BIN)/linli demo --seed $(SEED)

test: $(DEV) ## every test; ends with a line that names what was left out
	@$(BIN)/python -m tests.run $(ARGS)

check: $(DEV) ## static checks: style, types, arrows, shape, languages, documents, vendored files
	@$(BIN)/python -m tests.check $(ARGS)

bench: $(DEV) ## benchmarks as ratios to a limit in the same run (under 15 minutes)
	@$(BIN)/python -m bench $(ARGS)

bench-large: $(DEV) ## the national and the 20-million cases
	@$(BIN)/python -m bench --large $(ARGS)

messages: $(DEV) ## collect the texts of the product into the translation files (needs gettext)
	@$(BIN)/python -m tests.languages collect

documents: $(DEV) ## write the tables of the documentation and docs/openapi.json anew
	@$(BIN)/python -m tests.documents write

openapi: $(CORE) ## write docs/openapi.json, the description of the API, anew
	@$(BIN)/linli openapi > docs/openapi.json

vendor: ## renew the browser libraries from npm (needs node)
	@$(PYTHON) linli/vendor/renew.py

lock: ## renew the locked versions (needs uv)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q --upgrade pyproject.toml requirements/build.in -o requirements/core.txt
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q --upgrade --extra pdf --extra sign pyproject.toml requirements/build.in requirements/dev.in -o requirements/dev.txt

screenshots: $(DEV) ## take the pictures of the documentation anew (needs Chromium)
	@LINLI_SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/journeys -k screenshots

clean: ## remove what the targets above made
	@rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache
