# What a newcomer types. Each target installs what it lacks, says what it does and where its log is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
VENV := .venv
BIN := $(VENV)/bin
BUILD := .build
FACTS ?= ../shared/facts
# The tests wait more than they compute, so there are more workers than cores; a module's tests share what it prepares.
PYTEST = pytest -n $$((3 * $$(nproc))) --dist loadscope --no-loadscope-reorder --durations=10

.PHONY: help install venv strangers install-runtime demo test coverage witnesses live proof year mutants soak weather races fuzz shapes crash bench bench-sandbox lint facts docs picture lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv:
	@scripts/install.sh dev $(VENV) $(BUILD)/install.log

install: venv ## a .venv with locked versions, and Chromium where it may be installed
	@scripts/chromium.sh $(BUILD)/chromium.log

strangers: install
	@scripts/witnesses.sh $(BIN)/python $(BUILD)/witnesses $(BUILD)/witnesses.log

install-runtime: ## only what `provision` needs to run, without tests and sandbox
	@scripts/install.sh runtime $(VENV) $(BUILD)/install.log

demo: install ## the whole job on a local Entra and MSPbots, then a second apply that changes nothing
	@mkdir -p $(BUILD)
	@$(BIN)/python -m scripts.demo --log $(BUILD)/demo.log

test: strangers ## all tests, and the slowest ten
	@mkdir -p $(BUILD)
	@echo "test: all tests (log: $(BUILD)/test.log)"
	@$(BIN)/$(PYTEST) $(ARGS) 2>&1 | tee $(BUILD)/test.log

coverage: strangers ## all tests again, with each command measured: branch coverage by folder
	@mkdir -p $(BUILD)/coverage
	@echo "coverage: all tests, twice as long as make test (log: $(BUILD)/coverage.log)"
	@$(BIN)/coverage erase
	@PROVISION_TEST_FORKED=0 $(BIN)/coverage run -m $(PYTEST) $(ARGS) 2>&1 | tee $(BUILD)/coverage.log
	@$(BIN)/python -m scripts.covered | tee -a $(BUILD)/coverage.log

witnesses: strangers ## strangers' programs at the sandbox: client, version, operations, result; ARGS=--record for the docs
	@echo "witnesses: a few minutes (log: $(BUILD)/witnesses.log)"
	@$(BIN)/python -m scripts.witnesses $(ARGS) 2>&1 | tee -a $(BUILD)/witnesses.log

live: venv ## the contract at a real tenant beside the sandbox, differences as cases: docs/how-to/live.md; ARGS=--clean
	@$(BIN)/python -m scripts.live $(ARGS)

proof: install ## all that is proven by force, about an hour: kill matrix, worlds, model, races, mutants
	@$(BIN)/python -m scripts.proof

year: venv ## docs/proof/year: a simulated year of provision and of other habits
	@$(BIN)/python -m tests.proof.year

mutants: venv ## docs/proof/mutants.md: small changes to what decides and orders effects, noticed or explained
	@$(BIN)/python -m scripts.mutants

soak: venv ## `rotate --now` in a loop in unkind weather; ARGS="--minutes 2 --seed 1"
	@echo "soak: real processes, two minutes unless ARGS says otherwise; log in $(BUILD)/soak.log"
	@$(BIN)/python -m tests.proof.soak $(ARGS) 2>&1 | tee $(BUILD)/soak.log

weather: venv ## the life of an app under fifty seeds of unkind weather; ARGS="--seeds 50 --from 1 --suite"
	@mkdir -p $(BUILD)
	@echo "weather: a sandbox and its commands a seed, some minutes; log in $(BUILD)/weather.log"
	@$(BIN)/python -m scripts.weather $(ARGS) 2>&1 | tee $(BUILD)/weather.log

races: venv ## two `rotate --now` at once, by two machines; ARGS="--pairs 100 --seed 1 --apart"
	@echo "races: real processes, a hundred pairs unless ARGS says otherwise; log in $(BUILD)/races.log"
	@$(BIN)/python -m tests.proof.races $(ARGS) 2>&1 | tee $(BUILD)/races.log

fuzz: venv ## what nobody should send, to every port of the sandbox; ARGS="--requests 10000 --seed 1"
	@mkdir -p $(BUILD)
	@echo "fuzz: a sandbox of its own, ten thousand requests unless ARGS says otherwise; log in $(BUILD)/fuzz.log"
	@$(BIN)/python -m tests.sandbox.fuzz $(ARGS) 2>&1 | tee $(BUILD)/fuzz.log

shapes: venv ## schemathesis over the sandbox's OpenAPI description; ARGS="--examples 200 --seed 1"
	@mkdir -p $(BUILD)
	@echo "shapes: a sandbox of its own, two hundred requests an operation unless ARGS says otherwise; log in $(BUILD)/shapes.log"
	@$(BIN)/python -m tests.sandbox.shapes $(ARGS) 2>&1 | tee $(BUILD)/shapes.log

crash: venv ## the sandbox under load, killed again and again: nothing acknowledged is lost; ARGS="--kills 100 --seed 1"
	@mkdir -p $(BUILD)
	@echo "crash: a sandbox of its own, a hundred kills unless ARGS says otherwise; log in $(BUILD)/crash.log"
	@$(BIN)/python -m tests.sandbox.crash $(ARGS) 2>&1 | tee $(BUILD)/crash.log

bench: venv ## times and requests beside the least that could do the same, and their limits
	@echo "bench: a sandbox of its own, commands in turn, about a minute; log in $(BUILD)/bench.log"
	@$(BIN)/python bench/run.py 2>&1 | tee $(BUILD)/bench.log

bench-sandbox: venv ## the sandbox beside a bare Starlette application: its start, its requests a second, 10,000 apps
	@mkdir -p $(BUILD)
	@echo "bench-sandbox: sandboxes of its own, under a minute; log in $(BUILD)/bench-sandbox.log"
	@$(BIN)/python bench/sandbox.py 2>&1 | tee $(BUILD)/bench-sandbox.log

lint: venv ## ruff with all rules, mypy --strict
	@mkdir -p $(BUILD)
	@echo "lint: ruff and mypy (log: $(BUILD)/lint.log)"
	@{ $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy; } 2>&1 | tee $(BUILD)/lint.log
	@[ ! -d $(FACTS) ] || $(BIN)/python -m scripts.facts --check $(FACTS)

facts: venv ## the errors that the tests hold `explain` to, from the facts; FACTS=FOLDER
	@$(BIN)/python -m scripts.facts $(FACTS) && echo "facts: tests/unit/explained.tsv is up to date"

docs: venv ## the generated pages under docs/reference
	@$(BIN)/python -m scripts.reference && echo "docs: docs/reference is up to date"

lock: ## new locks with hashes, from pyproject.toml (needs uv)
	@scripts/lock.sh

picture: install ## docs/demo.svg anew, from a real run of the demo
	@$(BIN)/python -m scripts.picture docs/demo.svg

clean: ## removes all that the others made: .venv, logs, caches
	@echo "clean: $(VENV), $(BUILD) and caches (no log)"
	@rm -rf $(VENV) $(BUILD) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
