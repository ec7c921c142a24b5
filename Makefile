# The commands of CovetPy. `make help` lists them; each one does its own set-up.

VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
APP ?= examples.todo.app:app

BIN := $(VENV)/bin
PINS := constraints/constraints.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --constraint $(PINS)
# Folders that do not exist yet, or that a packager left out, are not an error.
CODE := $(wildcard src tests examples benchmarks scripts conftest.py)

# An interpreter that was removed from the machine takes what was installed for it along.
ifeq ($(shell test -x $(BIN)/python && echo yes),)
_ := $(shell rm -f $(VENV)/.installed-*)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check types format bench campaign ui wheel constraints clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed-standard ## Serve an example application on http://127.0.0.1:8000
	$(BIN)/covet run $(APP) --host $(HOST) --port $(PORT)

test: $(VENV)/.installed-dev ## Run every test
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: $(VENV)/.installed-dev ## Lint, format, types, floors, spelling
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	git ls-files -z | xargs -0 $(BIN)/codespell

types: $(VENV)/.installed-dev ## Report how complete the public types are, as a user's checker sees them
	PATH="$(BIN):$$PATH" $(BIN)/basedpyright --verifytypes covet --ignoreexternal

format: $(VENV)/.installed-dev ## Format the code and fix what can be fixed
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(VENV)/.installed-dev ## Measure against raw protocols and peers
	$(BIN)/python -m benchmarks $(ARGS)

campaign: $(VENV)/.installed-dev ## Run the slow campaigns: more examples, longer loads
	HYPOTHESIS_PROFILE=campaign $(BIN)/python -m pytest -n $(WORKERS) -m campaign --timeout 3600 $(ARGS)
	HYPOTHESIS_PROFILE=campaign $(BIN)/python -m pytest -n $(WORKERS) -m property --timeout 3600 $(ARGS)

ui: | $(BIN)/python ## Fetch the files of Swagger UI and Redoc with npm
	$(BIN)/python scripts/fetch_ui.py

wheel: $(VENV)/.installed-dev ui ## Build the wheel and the source archive into dist/
	$(BIN)/python -m build --no-isolation --outdir dist

constraints: | $(BIN)/python ## Choose new versions for constraints/constraints.txt
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --upgrade \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet --output-file $(PINS)

clean: ## Remove what the commands made, the environment too
	rm -rf $(VENV) build dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* src/covet/openapi/ui
	find src tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(BIN)/python:
	@rm -f $(BIN)/python $(BIN)/python3*
	@python=$$(sh scripts/find_python.sh) && echo "Creating $(VENV) with $$python" && "$$python" -m venv $(VENV)

$(VENV)/.installed-standard: pyproject.toml $(PINS) | $(BIN)/python
	$(INSTALL) --editable ".[standard]"
	@touch $@

# `--group` needs pip 25.1, which the pip of an older interpreter is not.
$(VENV)/.installed-dev: pyproject.toml $(PINS) | $(BIN)/python
	$(PIP) install --quiet --upgrade "pip>=25.1"
	$(INSTALL) --editable ".[all]" --group dev
	@touch $@ $(VENV)/.installed-standard
