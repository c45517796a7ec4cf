# `make demo` and `make test` set up .venv by themselves; nothing but Python 3.11+, gcc, make and the package registry is needed.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
FOR_TESTS := $(VENV)/.installed-dev
FOR_DOCS := $(VENV)/.installed-docs

.PHONY: demo test install lint fuzz docs clean

demo: $(INSTALLED)
	$(RUN)/rarepose run --config configs/demo.toml --store store/demo
	@echo "report: $$(pwd)/store/demo/report.html"

test: lint
	OMP_NUM_THREADS=1 $(RUN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# Spoilt inputs for so many minutes (docs/reliability.md).
MINUTES ?= 10
fuzz: $(FOR_TESTS)
	OMP_NUM_THREADS=1 $(RUN)/python -m tests.fuzz --minutes $(MINUTES) --first $$(date +%s)

lint: $(FOR_TESTS)
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

install: $(INSTALLED)

docs: $(FOR_DOCS)
	$(RUN)/mkdocs build --strict
	@echo "site: $$(pwd)/site/index.html"

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --upgrade pip

$(INSTALLED): pyproject.toml | $(VENV)/bin/python
	$(RUN)/python -m pip install --quiet --editable .
	touch $@

$(FOR_TESTS): pyproject.toml | $(VENV)/bin/python
	$(RUN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

$(FOR_DOCS): pyproject.toml | $(VENV)/bin/python
	$(RUN)/python -m pip install --quiet --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) store site
