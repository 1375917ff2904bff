# Two commands: `make demo` and `make test`. Everything is installed into .venv, once.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RIGHT := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
PYTHON := $(shell for p in python3.11 python3.12 python3; do \
	"$$p" -c '$(RIGHT)' >/dev/null 2>&1 && command -v "$$p" && break; done)

.PHONY: help demo test lint bench load campaign kernels clean
.DEFAULT_GOAL := help

help: ## Show this list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(STAMP) ## Three minutes live on simulated venues with a crash: a page, then what came out
	@$(BIN)/seawall demo

test: $(STAMP) ## Run all tests, on two cores
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(STAMP) ## Check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(STAMP) ## Measure speed against named peers on the same input
	@$(BIN)/seawall bench

load: $(STAMP) ## Flood a live run with frames for ten minutes and say how late it gets
	@$(BIN)/python -m tests.load

campaign: $(STAMP) ## Kill replays and a live run at random moments; compare what is stored
	@$(BIN)/python -m tests.campaign

kernels: $(STAMP) ## Compile all kernels into the cache beside the code
	@$(BIN)/python -m flows.kernels

clean: ## Remove what these commands made (never a store other than the demo's)
	rm -rf $(VENV) .kernels seawall-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf .import_linter_cache *.egg-info build
	find flows sources sinks models schemas tests -name __pycache__ -type d -exec rm -rf {} +

# Python first, then pip (--group needs 25.1), then us with everything pinned. Network only here.
$(STAMP): pyproject.toml constraints.txt
	@if ! $(BIN)/python -c '$(RIGHT)' >/dev/null 2>&1; then \
		if [ -z "$(PYTHON)" ]; then \
			echo "Seawall needs Python 3.11 or 3.12 (Bytewax has no wheels for others):" \
				"neither python3.11, python3.12 nor python3 is one here." >&2; exit 1; fi; \
		"$(PYTHON)" -m venv --clear $(VENV); fi
	@echo "Installing into $(VENV), once; this takes a minute or two."
	@$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt pip
	@$(BIN)/python -m pip install -qq --constraint constraints.txt --editable . --group dev
	@touch $@
