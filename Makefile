# `make demo` and `make test` need Python 3.11+ and make, nothing else: uv is fetched where it is missing, and uv
# installs what uv.lock names into .venv.
UV := $(or $(shell command -v uv 2>/dev/null),$(CURDIR)/.tools/bin/uv)
RUN := $(UV) run --locked --extra mongod
# One set for all checks, so that they share one environment.
ALL := --extra dev --extra ray --extra flow --extra train --extra agree --extra labelme

.PHONY: demo test lint types wheel

demo: $(UV)
	$(RUN) bleedkit demo --overwrite

test: $(UV)
	$(RUN) $(ALL) pytest -n auto --dist worksteal

lint: $(UV)
	$(RUN) $(ALL) ruff check .
	$(RUN) $(ALL) ruff format --check .

# mypy wants a package's folder to be called like the package, and a checkout can be called anything.
types: $(UV)
	folder=$$(mktemp -d) && ln -s "$(CURDIR)" "$$folder/bleedkit" && cd "$$folder" && \
		MYPYPATH=. $(RUN) $(ALL) --project "$(CURDIR)" \
		mypy --config-file "$(CURDIR)/pyproject.toml" --cache-dir "$(CURDIR)/.mypy_cache" -p bleedkit

wheel: $(UV)
	$(UV) build --wheel --out-dir dist

# Debian keeps pip out of new virtual environments unless python3-venv is there: then pip's --target does.
$(CURDIR)/.tools/bin/uv:
	python3 -m venv .tools && .tools/bin/python -m pip install --quiet uv || \
		{ python3 -m pip install --quiet --target .tools/lib uv && mkdir -p .tools/bin && ln -sf ../lib/bin/uv $@; }
