# Everything that a fresh machine needs beside make is Python 3.11 or newer.
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test fuzz schema python

help:
	@echo "make run             start AnyWork with demo data on http://127.0.0.1:8000/ (another port: make run PORT=8001)"
	@echo "make fuzz            try thousands of odd requests against the OpenAPI schema, for minutes"
	@echo "make test            run the whole suite (a part of it: make test ARGS='jobs -k search')"
	@echo "make faults          break broker, workers, mail server and database, and count the mails (a part: ARGS=no_beat)"
	@echo "make schema          write docs/openapi.yaml anew, after a change of the API"
	@echo ""
	@echo "All install what they need into .venv and keep their data in var/; deleting var/ starts afresh."
	@echo "Another interpreter than python3: make run PYTHON=python3.12"

run: python
	@$(PYTHON) anywork/local/install.py requirements.txt
	@$(VENV_PYTHON) -m anywork.local run

test: python
	@$(PYTHON) anywork/local/install.py requirements-dev.txt
	@$(VENV_PYTHON) -m anywork.local test $(ARGS)

# The fuzzing of the suite with many more examples an operation: make fuzz FUZZ_EXAMPLES=1000
fuzz: export FUZZ_EXAMPLES ?= 200
fuzz: python
	@$(PYTHON) anywork/local/install.py requirements-dev.txt
	@$(VENV_PYTHON) -m anywork.local test -s --timeout 0 anywork/tests/test_fuzzing.py

faults: python
	@$(PYTHON) anywork/local/install.py requirements-dev.txt
	@$(VENV_PYTHON) -m anywork.testing.faults $(ARGS)

# Describing the API takes neither a database nor a secret.
schema: python
	@$(PYTHON) anywork/local/install.py requirements.txt
	@SECRET_KEY=unused DATABASE_URL=postgres://unused/unused \
		$(VENV_PYTHON) manage.py spectacular --validate --fail-on-warn --skip-checks --file docs/openapi.yaml

python:
	@command -v "$(PYTHON)" >/dev/null || { echo "error: no $(PYTHON) here; install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Python 3.11 or newer is needed, and $(PYTHON) is older; try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
