# Every command sets up what it needs: `make demo` only the laboratory, `make test` everything.

PYTHON ?= python3
BIN := .venv/bin
# CPU PyTorch, pinned: a plain `torch` would pull gigabytes of CUDA libraries.
TORCH := torch==2.13.0

.PHONY: demo test lint docs clean

demo: .venv/lab
	$(BIN)/adamas compare spiral --out runs/spiral --force
	@echo "Open runs/spiral/report.html"

test: lint
	$(BIN)/python -m pytest -n 2

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: .venv/lab
	$(BIN)/python tools/write_rule_pages.py

clean:
	rm -rf .venv runs .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/created:
	$(PYTHON) -m venv .venv
	@touch $@

.venv/lab: .venv/created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[lab]"
	@touch $@

.venv/dev: .venv/created pyproject.toml
	$(BIN)/python -m pip install --quiet $(TORCH)
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	@touch $@
