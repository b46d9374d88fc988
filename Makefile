# Everything a fresh machine needs is Python 3.11 or newer; these targets set up the rest in .venv.
#
#   make demo     reproduce the fault and see the fix work
#   make test     run the tests, but for slow ones and those that need a Docker engine
#   make test-slow   run the slow ones that need none
#   make test-containers   run those
#   make coverage   the first ones again, and what they leave out
#   make mutants   change the core in small ways, and see whether its tests notice
#   make check    format, lint, types and the direction of the imports
#   make format   format, and fix what can be fixed
#   make clean    remove .venv, caches and reports

.PHONY: help demo test test-slow test-containers coverage mutants check format dev clean
.DEFAULT_GOAL := help

VENV := .venv
BIN  := $(VENV)/bin
DEMO_READY := $(VENV)/.ready-demo
DEV_READY  := $(VENV)/.ready-dev
MUTATION_READY := $(VENV)/.ready-mutation

# When its Python is gone (an upgrade, a moved home), so is the virtual environment.
$(shell test -e $(BIN)/python || rm -f $(DEMO_READY) $(DEV_READY) $(MUTATION_READY))

# The first interpreter that is new enough; `make PYTHON=/path/to/python3.12 demo` chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)

help:
	@sed -n 's/^#   //p' Makefile

demo: $(DEMO_READY)
	@$(BIN)/mflab demo

test: $(DEV_READY)
	$(BIN)/pytest -m "not docker and not slow" -n 2 --dist worksteal $(ARGS)

test-slow: $(DEV_READY)
	$(BIN)/pytest -m "slow and not docker" -n 2 --timeout 600 $(ARGS)

# Half as slow again, so not part of the gate.
coverage: $(DEV_READY)
	$(BIN)/pytest -m "not docker" -n 2 --dist worksteal --cov --cov-branch --cov-report=term:skip-covered $(ARGS)

# Minutes, so not part of the gate. `make mutants ARGS="core/routing nodes/judging"` takes other modules.
mutants: $(MUTATION_READY)
	$(BIN)/python tests/mutation/run.py $(ARGS)

# One after the other: all labs have the same addresses.
test-containers: $(DEV_READY)
	$(BIN)/pytest -m "docker and not slow" -n 0 $(ARGS)

check: $(DEV_READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

dev: $(DEV_READY)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found (tried python3, python3.14 ... python3.11);" \
		"install one, or run 'make PYTHON=/path/to/python3 ...'" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: $(PYTHON) does not run, or is older than Python 3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "error: $(PYTHON) cannot make a virtual environment (venv or ensurepip is missing);" \
		"on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(DEMO_READY): pyproject.toml $(BIN)/python
	@echo "installing the lab"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

# The development set-up includes the demo's, so that one after the other installs nothing twice.
$(DEV_READY): pyproject.toml $(BIN)/python
	@echo "installing the lab and its development tools"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(DEMO_READY)

$(MUTATION_READY): pyproject.toml $(BIN)/python
	@echo "installing the lab, its development tools and the mutation tool"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,mutation]'
	@touch $@ $(DEV_READY) $(DEMO_READY)

clean:
	rm -rf $(VENV) .mutants .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* \
		htmlcov reports build dist
	find lab tests -name __pycache__ -type d -prune -exec rm -rf {} +
