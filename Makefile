# `make tune` and `make test` need Python 3.10 or newer with venv, make and a C++ compiler; all else goes into .venv.
PYTHON ?= python3
PRESET ?= S
MODE ?= transfer
PYTEST ?=

BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: help install tune check test test-slow clean

help:
	@echo "make install    make .venv with everything in it"
	@echo "make tune       tune the example programs (PRESET=S or M, MODE=transfer, measure or search)"
	@echo "make check      style, types and layers"
	@echo "make test       the checks and the test suite (PYTEST='-k word' and the like)"
	@echo "make test-slow  the tests that take minutes"
	@echo "make clean      remove what builds and tests leave behind; .venv stays"

install: $(INSTALLED)

$(INSTALLED): setup.cfg pyproject.toml constraints.txt
	@command -v $${CXX:-c++} >/dev/null || { echo "A C++ compiler is needed: apt-get install g++"; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { echo "Python's venv is needed: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[test]'
	@touch $@

tune: install
	$(BIN)/python -m benchmarks.examples --preset $(PRESET) --mode $(MODE)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What looks at the clock runs after all else. Status 5: PYTEST left no such test.
test: check
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile -m "not (slow or gpu or alone)" $(PYTEST) || [ $$? -eq 5 ]
	$(BIN)/python -m pytest -m "alone and not (slow or gpu)" $(PYTEST) || [ $$? -eq 5 ]

test-slow: install
	$(BIN)/python -m pytest -m "slow and not gpu" $(PYTEST)

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -path ./.venv -prune -o \( -name __pycache__ -o -name .dacecache -o -name _dacegraphs \) -prune -exec rm -rf {} +
