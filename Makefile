# Needs python3 (3.11 or newer) with pip, node, npm, gcc and make; everything else it gets itself.
# Options go through ARGS: make run ARGS="--once --fresh".

SHELL := /bin/sh
UV_VERSION := 0.13.8
TOOLS := .nightdesk/tools
VENV ?= .venv
STAGE ?= dev
COVERAGE_FLOOR := 90
WORKERS ?= 2
# Locks hold digests by the thousand, openapi.json is generated, recordings are numbers.
NO_SECRETS := ':!uv.lock' ':!package-lock.json' ':!docs/openapi.json' ':!*.csv.gz'
# Reports side by side are for a person who waits; a log has one after the other.
APART := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

# The uv on PATH if it is the right one, else our own.
UV := $(shell [ "$$(uv --version 2>/dev/null | cut -d' ' -f2)" = $(UV_VERSION) ] && command -v uv || echo $(CURDIR)/$(TOOLS)/bin/uv)
PYTHON ?= $(shell .ci/python)
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
COMMIT := $(shell git rev-parse HEAD 2>/dev/null)
CONTEXT := -c stage=$(STAGE) $(if $(COMMIT),-c commit=$(COMMIT))

export PATH := $(abspath $(VENV)/bin):$(dir $(UV)):$(PATH)
export UV
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(abspath $(VENV))
export UV_PYTHON = $(PYTHON)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 18,20,22
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION := 1
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME
# Who keeps no bytecode compiles every library anew in each of the many processes of a run.
unexport PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX

.PHONY: run test test-desk test-run test-beside test-rooms unit-tests search reference lint types scan audit bench synth deploy clean docs verify-audit reseal-keys reset-admin rotate-signing-key

run: $(READY) node_modules/.ready
	@exec $(PY) -m infra.cdk.local $(ARGS)

# The deployed desk comes first; what needs none runs beside it, on what it leaves.
test: $(READY) node_modules/.ready
	@if [ -t 1 ]; then apart=; else apart="$(APART)"; fi; \
	  $(MAKE) --no-print-directory -j2 $$apart test-desk test-beside

test-beside:
	@nice -n 10 $(MAKE) --no-print-directory lint types
	@nice -n 10 $(MAKE) --no-print-directory test-rooms

test-desk: $(READY) node_modules/.ready
	$(PY) -m pytest tests/workflow tests/e2e $(ARGS)

# `make run` itself, with emulators of its own: minutes more, so it stands beside `test`.
test-run: $(READY) node_modules/.ready
	$(PY) -m pytest tests/local $(ARGS)

test-rooms: $(READY) node_modules/.ready
	$(PY) -m pytest tests/unit tests/infrastructure -n $(WORKERS) \
	  --dist loadgroup --cov --cov-fail-under=$(COVERAGE_FLOOR) $(ARGS)

unit-tests: $(READY)
	$(PY) -m pytest tests/unit -n $(WORKERS) -q $(ARGS)

# Properties, over examples that no run has drawn yet. What fails says how to draw it again.
search: $(READY)
	$(PY) -m pytest tests/unit -m hypothesis --hypothesis-profile=search -n $(WORKERS) -q $(ARGS)

# Worked cases through the product: all copies under tests/, or those of one FILE. Each id with `ok`
# or the first field that differs, then a count. Exit 1: at least one differs.
reference: $(READY)
	@$(PY) -m tests.reference $(FILE)

lint: $(READY)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/lint-imports --no-cache

types: $(READY)
	$(PY) -m mypy

# What is new and not committed yet is looked through, too.
scan: $(READY)
	$(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive functions shared infra bench docs
	git ls-files -z --cached --others --exclude-standard -- $(NO_SECRETS) \
	  | xargs -0 -n 250 -P 2 $(VENV)/bin/detect-secrets-hook --no-verify --baseline .secrets.baseline

# Asks the network, so no test waits for it; CI does each week and with each change of a lock.
audit: | $(UV)
	.ci/audit

bench: $(READY) node_modules/.ready
	$(PY) -m bench $(ARGS)

synth deploy: $(READY) node_modules/.ready
	$(PY) -m infra.cdk.assets.build
	node_modules/.bin/cdk $@ '*' $(CONTEXT) $(ARGS)

# Exit 0: the audit log's chains hold. 1: one does not, and its first bad number is said.
verify-audit: $(READY)
	@$(PY) -m infra.cdk.verify_audit --stage $(STAGE) $(if $(CHAIN),--chain '$(CHAIN)')

reseal-keys: $(READY)
	@$(PY) -m infra.cdk.reseal_keys --stage $(STAGE)

# A one-time password for an admin who cannot sign in: the first one, or EMAIL's.
reset-admin: $(READY)
	@$(PY) -m infra.cdk.reset_admin --stage $(STAGE) $(if $(EMAIL),--email '$(EMAIL)')

# All access tokens are void at once. ARGS=--gently: one step of a rotation that nobody notices.
rotate-signing-key: $(READY)
	@$(PY) -m infra.cdk.rotate_signing_key --stage $(STAGE) $(ARGS)

docs: $(READY)
	$(PY) -m docs $(ARGS)

clean:
	rm -rf .build .nightdesk .venv cdk.out node_modules .coverage .hypothesis \
	  .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# The environment, by the lock. A stamp stands in it, so that it goes when the environment goes.
$(READY): uv.lock pyproject.toml | $(UV)
	@[ -n "$(PYTHON)" ] || { echo "make: no working Python 3.11, 3.12 or 3.13 found" >&2; exit 1; }
	@echo "environment: $(VENV), $(PYTHON)"
	@$(UV) sync --frozen --quiet || { $(call no_registry,the Python packages); }
	@touch $@

node_modules/.ready: package-lock.json
	@command -v npm >/dev/null || { echo "make: npm is needed for the CDK CLI" >&2; exit 1; }
	@npm ci --silent --no-audit --no-fund || { $(call no_registry,the CDK CLI); }
	@touch $@

$(CURDIR)/$(TOOLS)/bin/uv:
	@[ -n "$(PYTHON)" ] || { echo "make: no working Python 3.11, 3.12 or 3.13 found" >&2; exit 1; }
	@echo "uv $(UV_VERSION): $(TOOLS)"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target $(TOOLS) --upgrade uv==$(UV_VERSION) \
	  || { $(call no_registry,uv); }

no_registry = echo "make: could not install $(1): is the package registry reachable? (proxy: HTTPS_PROXY, mirrors: PIP_INDEX_URL, UV_DEFAULT_INDEX, npm config registry)" >&2; exit 1
