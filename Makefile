PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1

.PHONY: demo demo-smoke test test-slow install lint clean

install: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

# the main job: train the demo study, build its report, show it in the browser
demo: install
	$(BIN)/memnets study run demo
	$(BIN)/memnets report demo --open

# the same in its smallest form, in a folder of its own: does every part still work?
demo-smoke: install
	$(BIN)/memnets study run demo --folder runs/smoke --procedure.updates 20 --procedure.evaluate-every 10
	$(BIN)/memnets report demo --folder runs/smoke

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -n 2 -m "not slow"

# what draws samples or trains for minutes: the second job of .ci/run
test-slow: install
	$(BIN)/python -m pytest -n 2 -m slow

clean:
	rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
