# Everything a developer calls. `make install` needs python3 >= 3.11 with venv, and nothing else.
PYTHON ?= python3
BIN := .venv/bin
export PYTHONHASHSEED ?= 0

.PHONY: install demo serve test check bench long docs clean

install: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("faceline needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.3'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[postgres]' --group dev
	touch $@

demo: install  ## the main job with an unmodified boto3: make demo [VIDEO=path]
	$(BIN)/python -m examples.demo $(if $(VIDEO),--video "$(VIDEO)")

serve: install
	$(BIN)/faceline serve

test: install
	$(BIN)/python -m pytest

check: install  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install  ## speed, as ratios of one interleaved run; writes bench-out/*.json
	$(BIN)/python -m benchmarks.run

long: install  ## campaigns that take minutes to hours
	$(BIN)/python -m pytest tests/long --run-long

docs: install  ## rebuild the pages that are generated from the code
	$(BIN)/python -m tools.pages

clean:
	rm -rf .venv demo-out bench-out .mypy_cache .ruff_cache .pytest_cache
