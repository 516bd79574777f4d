# make setup   everything needed to run: system packages, .venv, the web pages; nothing when nothing changed
# make demo    setup, then the demo showroom on air at http://127.0.0.1:8360
# make check   linters, types and import rules; Python and TypeScript
# make test    all tests, Python and TypeScript
# make bench   time each stage of the live pipeline on this machine
# make web     the web pages anew, if their sources changed
# make docs    the JSON schemas anew, then a look for dead links
# make soak    the long tests, outside CI
# make clean   remove all that the others made in this folder

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV     := .tools/bin/uv
PY     := .venv/bin/python
WEB    := streaming/web
PAGES  := $(WEB)/dist/index.html

export UV_PYTHON_DOWNLOADS := never
export VIRTUAL_ENV := $(CURDIR)/.venv
unexport PYTHONDONTWRITEBYTECODE # a server would compile our modules anew each time it starts, and tests start a hundred

.DELETE_ON_ERROR:
.PHONY: setup demo check test bench web docs soak clean

setup: .tools/system-run .venv/synced $(PAGES)

demo: setup
	.venv/bin/vrlive demo

check: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	$(PY) hatch_build.py check

test: setup .tools/system-test
	.venv/bin/pytest
	$(PY) hatch_build.py test

bench: setup
	.venv/bin/vrlive bench live --quick

web: $(PAGES)

docs: setup
	$(PY) scripts/schemas.py
	.venv/bin/pytest -q tests/test_docs.py

soak: setup .tools/system-test
	.venv/bin/pytest -m soak

clean:
	rm -rf .venv .tools dist build $(WEB)/dist $(WEB)/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.tools/system-%: scripts/system-deps.sh
	@PYTHON="$(PYTHON)" sh $< $*
	@mkdir -p $(@D) && touch $@

$(UV): | .tools/system-run
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: needs Python 3.11 or newer on PATH" >&2; exit 1; }
	@echo "setup: uv, the installer, in .tools …"
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

# an editable install: it is run again when packaging changes, not when our code does
.venv/synced: requirements.lock pyproject.toml hatch_build.py | $(UV)
	@echo "setup: Python packages in .venv …"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --compile-bytecode requirements.lock
	@node=$$($(PY) hatch_build.py --requires) && if [ -n "$$node" ]; then echo "setup: Node from PyPI …" && $(UV) pip install --quiet "$$node"; fi
	@$(PY) hatch_build.py
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# hatch_build.py compares the same dates: it does nothing when the rule above has just made them
$(PAGES): $(wildcard $(WEB)/*.* $(WEB)/.npmrc) $(shell find $(WEB)/src $(WEB)/public -type f 2>/dev/null) | .venv/synced
	@echo "setup: web pages in $(WEB)/dist …"
	@$(PY) hatch_build.py
