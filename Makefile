PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1

.PHONY: demo demo-smoke test test-slow install lint clean docs wheel
.PHONY: gpu gpu-device gpu-tests gpu-bench gpu-train gpu-study gpu-results
.NOTPARALLEL:

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

define LINT
$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
endef

lint: install
	$(LINT)

# lint takes one core, so it runs beside the tests, and what it says comes after theirs
test: install
	@( $(LINT) ) > .venv/lint.log 2>&1 & lint=$$!; trap 'kill $$lint' INT TERM; \
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"; tests=$$?; \
	wait $$lint; lint=$$?; cat .venv/lint.log; \
	[ $$lint = 0 ] || echo "lint failed"; exit $$(( tests ? tests : lint ))

# what draws samples or trains for minutes: the second job of .ci/run
test-slow: install
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

# the site, in runs/site; a warning, such as a link or an anchor that leads nowhere, is an error
docs: .venv/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

.venv/.docs: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	touch $@

# a wheel in dist; installed apart from the checkout, with the libraries of .venv, it must run
wheel: install
	rm -rf dist
	$(BIN)/python -m hatchling build -t wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target dist/installed dist/*.whl
	cd dist && PYTHONPATH=installed ../$(BIN)/python -m memnets --help
	rm -rf dist/installed

# what only a GPU can show: tests, times and a small study there. Figures, tables and the device's
# name go to GPU_FOLDER/results. Installs nothing: RUN is the Python of BIN, or PYTHON where that
# has none. `make -k gpu` goes on after a failure; docs/gpu.md says more
GPU_FOLDER ?= runs/gpu
GPU_DEVICE ?= cuda
GPU_BENCH ?= --batches 1 16 64 256
GPU_TRAIN ?= --estimators soft
GPU_STUDY ?= --models "soft NTM"
GPU_PYTEST ?=
GPU_TESTS ?= tests/memnets/backends/triton tests/memnets/backends/test_gpu.py tests/memnets/backends/test_graphs.py tests/studies/bench/test_gpu.py
RUN = $(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON))
ON_GPU = --device $(GPU_DEVICE) --folder $(GPU_FOLDER)

gpu: gpu-device gpu-tests gpu-bench gpu-train gpu-study gpu-results

gpu-device:
	@$(RUN) -m memnets bench device $(ON_GPU)

gpu-tests: gpu-device
	$(RUN) -m pytest -q $(GPU_PYTEST) $(GPU_TESTS)

gpu-bench: gpu-device
	$(RUN) -m memnets bench gpu $(ON_GPU) $(GPU_BENCH)

gpu-train: gpu-device
	$(RUN) -m memnets bench train $(ON_GPU) $(GPU_TRAIN) $(GPU_BENCH)

gpu-study: gpu-device
	$(RUN) -m memnets study run demo $(ON_GPU) --workers 0 $(GPU_STUDY)
	$(RUN) -m memnets report demo --folder $(GPU_FOLDER)

gpu-results: gpu-device
	rm -rf $(GPU_FOLDER)/results
	mkdir -p $(GPU_FOLDER)/results/study
	cp $(GPU_FOLDER)/device.json $(GPU_FOLDER)/results
	-cp -r $(GPU_FOLDER)/bench/gpu $(GPU_FOLDER)/bench/train $(GPU_FOLDER)/results
	-cd $(GPU_FOLDER)/demo/report && cp -r figures tables results.csv ../../results/study

clean:
	rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
