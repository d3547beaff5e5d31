# make demo   from a fresh clone to answered questions, with everything set up on the way
# make test   everything the tests need, then lint, types, imports and all tests
# Both can be run again at any time; what is there already is not made again.

PYTHON ?= python3.11
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo test lint unit record nbval binder-requirements check-python setup-demo setup-test \
	serve chromium clean

demo: setup-demo
	$(BIN)/streamlink serve
	$(BIN)/streamlink demo

test: setup-test lint serve chromium
	$(BIN)/python -m pytest

# The tutorials, run with the real model and saved with their recorded answers: a job of its own,
# which ends with a look at whether every answer is right. Then read the pages and commit them.
record: setup-test serve
	rm -rf notebooks/05_runs
	$(BIN)/streamlink record notebooks/*.ipynb
	$(BIN)/python -m pytest -q tests/unit/test_notebooks_committed.py

# Their saved outputs against fresh ones, in replay: no model is asked. `make test` does the same
# in a fresh clone without a network.
nbval: setup-test
	STREAMLINK_REPLAY=replay $(BIN)/python -m pytest -o addopts= -o filterwarnings= --nbval \
	  --nbval-current-env --nbval-sanitize-with tests/nbval.cfg --nbval-cell-timeout 600 notebooks

# Binder installs what the tests ran with.
binder-requirements: setup-test
	$(BIN)/python binder/export_requirements.py

# The fast part alone: no Spark, no model, no browser.
unit: setup-test
	$(BIN)/python -m pytest -m "not spark and not model and not browser"

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

serve: setup-test
	$(BIN)/streamlink serve

# The browser tests use the system's chromium. On Debian as root it is installed; elsewhere the
# line says what to do, and the browser tests say that they were skipped.
chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	     && echo "Installing chromium for the browser tests" \
	     && apt-get -qq update && apt-get -qq install -y chromium >/dev/null; } \
	|| echo "No chromium here: install it (Debian: apt install chromium) to run the browser tests."

setup-demo: check-python $(VENV)/.demo-ready
setup-test: check-python $(VENV)/.test-ready

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { echo "Python 3.11 or newer is needed and '$(PYTHON)' is not it."; \
	     echo "Install it, or name yours: make demo PYTHON=/path/to/python3.12"; exit 1; }

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo-ready: pyproject.toml | $(BIN)/pip
	@echo "Installing the packages of the demo"
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[spark,java,charts,demo]'
	@touch $@

$(VENV)/.test-ready: pyproject.toml | $(BIN)/pip
	@echo "Installing the packages of the tests"
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[spark,connect,java,charts,demo,hub,personal,test]'
	@touch $@ $(VENV)/.demo-ready

clean:
	-$(BIN)/streamlink serve --stop
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
