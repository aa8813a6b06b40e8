# `make run` and `make test` set everything up by themselves. Python 3.11 or newer is all they ask for.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MERZIM := $(BIN)/python -m merzim
EMULATORS := $(foreach folder,tests/telegram/emulator tests/oidc,$(folder)/node_modules/.package-lock.json)
export PYTHONUTF8 := 1
# Compiled modules are kept: tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

# The demonstration day; `make run NOW=` runs on the real one. EXAMPLE=ministry is another office than the company.
NOW ?= 2026-04-06
EXAMPLE ?=

.PHONY: run test suite lint format bench schemas pictures site clean look lock audit sbom
.DELETE_ON_ERROR:

# Without a day an office of its own, on the real one: `make run NOW=`.
OFFICE := var/office/config.toml
ifeq ($(strip $(NOW)),)
run: $(VENV)/.run $(OFFICE)
	$(MERZIM) --config $(OFFICE) serve
else ifeq ($(EXAMPLE),)
run: $(VENV)/.run var/merzim.sqlite
	MERZIM_NOW=$(NOW) $(MERZIM) serve
else
run: $(VENV)/.run var/$(EXAMPLE)/var/merzim.sqlite
	MERZIM_NOW=$(NOW) $(MERZIM) --config var/$(EXAMPLE)/config.toml serve
endif

$(OFFICE):
	@mkdir -p $(@D)
	@cp config.toml $@
	@echo "A new office, empty. Its settings and its database are in $(@D)."

# A new database gets the example office: some thirty analyses of one company at every stage, among them a schedule
# really published in 2026, whose order is due on 6 April and open.
var/merzim.sqlite: | $(VENV)/.run
	@echo "A new database: loading the example office."
	@$(BIN)/python -m merzim.demonstration examples/demonstration.txt || { rm -f $@*; exit 1; }

# Another example office, in a folder of its own: `make run EXAMPLE=ministry`.
var/%/var/merzim.sqlite: | $(VENV)/.run examples/%.txt
	@mkdir -p var/$* && cp config.toml var/$*/config.toml
	@echo "A new database: loading examples/$*.txt."
	@MERZIM_CONFIG=var/$*/config.toml $(BIN)/python -m merzim.demonstration examples/$*.txt || { rm -rf var/$*; exit 1; }

# Types are checked beside the tests: on two cores nobody waits for the other.
test: $(VENV)/.test $(EMULATORS)
	@$(MAKE) --no-print-directory --jobs 2 lint suite

# A module is one process's (tests/conftest.py); in their order short ones come last, and nobody waits for a long one.
# What sixty people at once wait for is asked last, with nothing beside it.
CROWD = tests/web/test_sixty_at_once.py
suite: $(VENV)/.test
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore $(CROWD)
	$(BIN)/python -m pytest $(CROWD)

lint: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Telegram's emulator and the OpenID provider, where there is Node.js; without it those tests say that they did not run.
$(EMULATORS): %/node_modules/.package-lock.json: %/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix $* --no-audit --no-fund --silent; fi

# What editors complete and check the files of the law by; a test fails while a schema is stale.
schemas: $(VENV)/.run
	$(BIN)/python docs/file_schemas.py

# The pictures of the README: an office at work, looked at in a browser.
pictures: $(VENV)/.test
	$(BIN)/python docs/pictures.py

# Documentation and guides as pages to be opened in a browser without a network: var/site/html/index.html.
site: $(VENV)/.run requirements/docs.txt
	$(BIN)/python -m pip $(PINNED) requirements/docs.txt
	NO_MKDOCS_2_WARNING=1 $(BIN)/python docs/site.py
	@echo "The site is in var/site/html."

bench: $(VENV)/.test
	@$(BIN)/python -m benchmarks

# Some minutes, hence not part of `make test`, which takes a sample: every page in three languages, two themes and
# two widths is asked by axe-core.
look: $(VENV)/.test
	$(BIN)/python -m tests.web.browser.look

# What is installed is what was tested: every version and every file's hash stands in requirements/ (`make lock`).
PINNED := install --quiet --disable-pip-version-check --require-hashes --requirement
OURS := install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .

$(VENV)/.made:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/.made
	$(BIN)/python -m pip $(PINNED) $<
	$(BIN)/python -m pip $(OURS)
	@touch $@

$(VENV)/.test: requirements/dev.txt pyproject.toml | $(VENV)/.made
	$(BIN)/python -m pip $(PINNED) $<
	$(BIN)/python -m pip $(OURS)
	@touch $@ $(VENV)/.run

# Tools for checking dependencies, in an environment of their own: no part of the product.
SUPPLY := .venv-supply
$(SUPPLY)/.made: pyproject.toml
	$(PYTHON) -m venv $(SUPPLY)
	$(SUPPLY)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(SUPPLY)/bin/python -m pip install --quiet --group supply
	@touch $@

# The newest versions pyproject.toml allows, one set for every Python from 3.11 on and every system.
PIN := $(SUPPLY)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" --quiet
COMPILE := $(PIN) pyproject.toml --group build
lock: $(SUPPLY)/.made
	$(COMPILE) --upgrade --group dev --output-file requirements/dev.txt
	$(COMPILE) --constraint requirements/dev.txt --output-file requirements/run.txt
	$(COMPILE) --constraint requirements/dev.txt --all-extras --output-file requirements/all.txt
	$(PIN) --upgrade --constraint requirements/dev.txt --group docs --output-file requirements/docs.txt

# What is known against the versions that run.
audit: $(SUPPLY)/.made
	$(SUPPLY)/bin/pip-audit --requirement requirements/all.txt --require-hashes --disable-pip --strict

# Software bill of materials (CycloneDX) of an installation.
sbom: $(SUPPLY)/.made
	$(SUPPLY)/bin/cyclonedx-py requirements requirements/all.txt --pyproject pyproject.toml --output-file sbom.json

clean:
	rm -rf $(VENV) $(SUPPLY) sbom.json var .mypy_cache .ruff_cache .import_linter_cache .hypothesis
