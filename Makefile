# A new machine needs nothing but make and Python 3.11 or newer.
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test test-fast coverage format lint typecheck check fuzz faults cluster schema lint-schema client docs dev python

help:
	@echo "make run        start AnyWork with demo data on http://127.0.0.1:8000/ (another port: make run PORT=8001)"
	@echo "make test       run all tests (a part: make test ARGS='jobs -k search')"
	@echo "make test-fast  run all tests but the slow ones, in a minute and a half"
	@echo "make coverage   run all tests, and report what none of them reaches"
	@echo "make format     format the code"
	@echo "make lint       check style and import layers"
	@echo "make typecheck  check types"
	@echo "make check      lint, typecheck, and Django's checks; is a migration missing?"
	@echo "make schema     write docs/openapi.yaml, after a change of the API"
	@echo "make client     write the types of clients/typescript and compile it, after a change of docs/openapi.yaml"
	@echo "make docs       build the documentation as a site in var/docs"
	@echo "make fuzz       send thousands of random requests that fit the OpenAPI schema; takes minutes"
	@echo "make faults     stop broker, workers, mail server and database, and count emails (a part: ARGS=no_beat)"
	@echo "make cluster    kill nodes of a cluster under load, and count requests (a part: ARGS=redis_is_killed)"
	@echo ""
	@echo "All install what they need into .venv and keep their data in var/; delete var/ to start from scratch."
	@echo "With another interpreter than python3: make run PYTHON=python3.12"

run: python
	@$(PYTHON) anywork/local/install.py requirements.txt
	@$(VENV_PYTHON) -m anywork.local run

test: dev
	@$(VENV_PYTHON) -m anywork.local test $(ARGS)

test-fast:
	@$(MAKE) --no-print-directory test ARGS='-m "not slow" $(ARGS)'

coverage:
	@$(MAKE) --no-print-directory test ARGS="--cov --cov-report=term $(ARGS)"

format: dev
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

lint: dev
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports
	@.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@.venv/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	@.venv/bin/kubernetes-validate --strict --quiet deploy/kubernetes/*.yaml

# These read the settings, but use neither the database nor the key.
typecheck check schema: export SECRET_KEY = only-for-checks
typecheck check schema: export DATABASE_URL = postgres://ci@127.0.0.1:1/ci

typecheck: dev
	@.venv/bin/mypy .

check: lint typecheck
	@$(VENV_PYTHON) manage.py check --fail-level WARNING
	@$(VENV_PYTHON) -W "ignore:Got an error checking a consistent migration history" \
		manage.py makemigrations --check --dry-run

# The fuzz tests of the suite with more examples per operation: make fuzz FUZZ_EXAMPLES=1000
fuzz: export FUZZ_EXAMPLES ?= 200
fuzz: dev
	@$(VENV_PYTHON) -m anywork.local test -s --timeout 0 anywork/tests/test_fuzzing.py

faults: dev
	@$(VENV_PYTHON) -m anywork.testing.faults $(ARGS)

cluster: dev
	@$(VENV_PYTHON) -m anywork.testing.cluster $(ARGS)

schema: python
	@$(PYTHON) anywork/local/install.py requirements.txt
	@$(VENV_PYTHON) manage.py spectacular --validate --fail-on-warn --skip-checks --file docs/openapi.yaml
	@$(VENV_PYTHON) -c "from anywork.api.error_codes import errors_page; print(errors_page(), end='')" > docs/errors.md

# The linters of OpenAPI need Node and the npm registry; without them the schema is only validated, by the tests.
lint-schema:
	@if command -v npx >/dev/null && timeout 20 npm ping >/dev/null 2>&1; then \
		npx --yes @redocly/cli@2.77.0 lint docs/openapi.yaml --config docs/redocly.yaml && \
		npx --yes @stoplight/spectral-cli@6.16.3 lint docs/openapi.yaml --ruleset docs/spectral.yaml; \
	else echo "skipped: the linters of OpenAPI, for want of Node or of the npm registry"; fi

# Needs Node. The tests compare the types, and compile and run the client.
client:
	@cd clients/typescript && npm ci --no-audit --no-fund && npm run generate && npm run build

# The configuration comes by standard input, because MkDocs refuses a file that is in the folder of the documents.
# Material for MkDocs gets security updates until May 2027, and says so; Zensical succeeds it.
docs: export NO_MKDOCS_2_WARNING = 1
docs: python
	@$(PYTHON) anywork/local/install.py requirements-docs.txt
	@.venv/bin/mkdocs build --strict --quiet --config-file - < docs/mkdocs.yml
	@echo "Built; to read it: python3 -m http.server --directory var/docs 8002"

dev: python
	@$(PYTHON) anywork/local/install.py requirements-dev.txt

python:
	@command -v "$(PYTHON)" >/dev/null || { echo "error: no $(PYTHON) here; install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Python 3.11 or newer is needed, and $(PYTHON) is older; try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
