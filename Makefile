# What a newcomer types. Each target installs what it lacks, says what it does and where its log is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILD := .build
LOCKS := requirements/dev.txt requirements/build.txt

.PHONY: help install install-runtime demo test year bench lint docs lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: $(LOCKS) pyproject.toml
	@mkdir -p $(BUILD)
	@PYTHON=$(PYTHON) scripts/install.sh dev $(VENV) $(BUILD)/install.log
	@touch $@

install: $(VENV)/.installed ## a .venv with locked versions, and Chromium where it may be installed
	@scripts/chromium.sh $(BUILD)/chromium.log

install-runtime: ## only what `provision` needs to run, without tests and sandbox
	@mkdir -p $(BUILD)
	@PYTHON=$(PYTHON) scripts/install.sh runtime $(VENV) $(BUILD)/install.log

demo: install ## the whole job on a local Entra and MSPbots, then a second apply that changes nothing
	@$(BIN)/python -m scripts.demo

test: install ## all tests, with branch coverage by folder
	@echo "tests: log in $(BUILD)/test.log"
	@$(BIN)/coverage run -m pytest $(ARGS) 2>&1 | tee $(BUILD)/test.log
	@$(BIN)/coverage report --skip-covered | tail -40

year: $(VENV)/.installed ## docs/proof/year: a simulated year of provision and of other habits
	@$(BIN)/python -m tests.proof.year

bench: $(VENV)/.installed ## times and requests beside the least that could do the same, and their limits
	@echo "bench: a sandbox of its own, commands in turn, about a minute; log in $(BUILD)/bench.log"
	@$(BIN)/python bench/run.py 2>&1 | tee $(BUILD)/bench.log

lint: $(VENV)/.installed ## ruff with all rules, mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: $(VENV)/.installed ## the generated pages under docs/reference
	@$(BIN)/python -m scripts.reference && echo "docs: docs/reference is up to date"

lock: ## new locks with hashes, from pyproject.toml (needs uv)
	@scripts/lock.sh

clean: ## removes .venv, logs and caches
	@echo "clean: removing $(VENV), $(BUILD) and caches"
	@rm -rf $(VENV) $(BUILD) .pytest_cache .mypy_cache .ruff_cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
