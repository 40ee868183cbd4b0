# Every target makes the environment it needs; none needs more than Python 3.11+ (with venv) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: setup demo run test fuzz chaos torture feeds check format bench bench-search quality lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "paperboy needs Python 3.11 or newer: install python3, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "paperboy needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version): make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "paperboy needs Python's venv module: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	$(BIN)/paperboy demo $(ARGS)

run: setup
	$(BIN)/paperboy run $(ARGS)

test: setup
	$(BIN)/python -m pytest $(ARGS)

# The property tests again, with examples that no run has seen.
fuzz: setup
	$(BIN)/python -m pytest --hypothesis-profile=fuzz -m hypothesis $(ARGS)

# The program killed over and over beside a Telegram that loses answers: docs/design/delivery.md.
chaos: setup
	$(BIN)/python -m tests.chaos $(if $(KILLS),--kills $(KILLS)) $(ARGS)

# The share of feed documents read right: FEEDS is a folder with cases.jsonl and docs/, as tests/data/feeds is.
feeds: setup
	$(BIN)/python -m bench.feeds $(or $(FEEDS),tests/data/feeds)

# Feeds that misbehave, over simulated days, with seeds that no test has.
torture: setup
	$(BIN)/python -m tests.torture $(SEEDS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup
	$(BIN)/python -m bench $(ARGS)

# Search at some sizes, beside SQLite's FTS5 and plain tantivy: make bench-search SIZES="10000 100000".
# KEEP=folder keeps the stores there, or uses those of the last time.
bench-search: setup
	$(BIN)/python -m bench.search $(or $(SIZES),10000 100000 1000000) $(if $(KEEP),--keep $(KEEP))

# What search finds in collections with known answers, beside BM25: make quality COLLECTIONS=folder.
quality: setup
	$(BIN)/python -m bench.quality $(COLLECTIONS)

# For developers: pin again after a change of the dependencies in pyproject.toml (needs uv).
lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build *.egg-info
