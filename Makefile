# Every routine action has one name. `make help` lists them.
# Needs: Python 3.11 or newer, make, a package index. Nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
JOBS ?= 4
COUNT ?= 1000000

.DEFAULT_GOAL := help
.PHONY: help demo test browser readers test-all check format docs bench bench-render bench-player bench-analysis fuzz lesson notebooks wheel clean

help:  ## list what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/' | column -t -s:

demo: $(VENV)/.media  ## set up, run the main job on the bundled lesson into demo_output/
	$(BIN)/timeline demo demo_output --force

# Tests start many a Python, which compiles the same modules again where bytecode is not kept.
test test-all: export PYTHONDONTWRITEBYTECODE =

test: $(VENV)/.dev  ## set up, run the tests (under 3 minutes)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow"

browser:  ## install a browser for the tests of the replay page, where there is none (Debian, Ubuntu)
	@for name in chromium chromium-browser google-chrome; do command -v $$name && exit 0; done; \
	  sudo=$$(command -v sudo || true); $$sudo apt-get update -qq; $$sudo apt-get install -y -qq chromium

readers: $(VENV)/.foreign  ## install what others read our formats with, for the tests (npm; melt by apt on Debian, Ubuntu)
	@command -v melt || { sudo=$$(command -v sudo || true); $$sudo apt-get update -qq; \
	  $$sudo apt-get install -y -qq --no-install-recommends melt; }

test-all: $(VENV)/.dev  ## the slow tests too (under 8 minutes)
	TIMELINE_EXAMPLES=150 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

check: $(VENV)/.dev  ## lint, format, types, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m docs.generate --check

format: $(VENV)/.dev  ## put the code in its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev  ## write what is generated: docs/findings.md, docs/cli.md, pictures
	$(BIN)/python -m docs.generate

notebooks: $(VENV)/.dev  ## run the notebooks and keep their outputs
	$(BIN)/python -m notebooks.execute

bench: $(VENV)/.dev  ## measure reading and assembling, beside other libraries (5 minutes)
	$(BIN)/python -m benchmarks.reading

bench-render: $(VENV)/.dev  ## measure renders beside ffmpeg and moviepy, media in bench_render/ (15 minutes)
	$(BIN)/python -m benchmarks.render --peers

bench-player: $(VENV)/.dev $(VENV)/.foreign  ## measure the replay page beside timingsrc in Chromium (10 minutes)
	$(BIN)/python -m benchmarks.player

bench-analysis: $(VENV)/.dev  ## measure the decode of sound and picture, speech and the gate (2 minutes)
	$(BIN)/python -m benchmarks.analysis

fuzz: $(VENV)/.dev  ## read a million mutated results (15 minutes); COUNT=n for fewer
	$(BIN)/python -m tests.mutants --count $(COUNT) --jobs $(JOBS)

lesson: $(VENV)/.lesson  ## make the bundled lesson again
	$(BIN)/python -m sample_results.make_lesson

wheel: $(VENV)/.dev  ## build the wheel and the source archive into dist/
	$(BIN)/python -m build

clean:  ## remove everything that was made here
	rm -rf $(VENV) build dist demo_output bench_render .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "no $(PYTHON) here; say which: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "timeline needs Python 3.11 or newer, and $(PYTHON) is older; say which: make PYTHON=python3.12"; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.media: pyproject.toml | $(BIN)/python
	$(PIP) install -e '.[media,fonts]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(PIP) install -e '.[media,fonts,dev]'
	@touch $@ $(VENV)/.media

# Versions and hashes are those of the lock file; nothing of it is run while it is installed, and nothing is shipped.
$(VENV)/.foreign: tests/foreign/package.json tests/foreign/package-lock.json | $(BIN)/python
	@command -v npm || { sudo=$$(command -v sudo || true); $$sudo apt-get update -qq; \
	  $$sudo apt-get install -y -qq --no-install-recommends nodejs npm; }
	mkdir -p $(VENV)/foreign && cp $^ $(VENV)/foreign/
	cd $(VENV)/foreign && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/.lesson: $(VENV)/.dev
	$(PIP) install -e '.[media,fonts,dev,lesson]'
	@touch $@
