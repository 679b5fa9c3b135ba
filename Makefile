# `make repro` and `make test` are all that a newcomer needs; `make help` lists the rest.
PYTHON ?= python3.11
VENV := .venv
METRICS := .venv-metrics
# Not $(abspath), which takes a path with a space for two. In recipes it stands in quotes.
BIN := $(CURDIR)/$(VENV)/bin
PEERS := build/peers
MUTMUT := build/mutmut
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Models and data come from local folders; nothing is looked up on a hub without being asked for.
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.DEFAULT_GOAL := help
.PHONY: help env metrics repro test test-all check contract docs verify margins ablation evidence bench mutants figures clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/:/' | awk -F': ' '{printf "  make %-10s %s\n", $$1, $$2}'

env: $(VENV)/.installed ## Create .venv with the pinned packages.

# torch goes first: it must not be resolved to a build that pulls in CUDA where there is a CPU wheel.
$(VENV)/.installed: requirements.lock pyproject.toml
	test -x "$(BIN)/python" || "$(PYTHON)" -m venv $(VENV)
	"$(BIN)/python" -m pip install --quiet torch==2.13.0
	"$(BIN)/python" -m pip install --quiet --requirement requirements.lock
	"$(BIN)/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

metrics: $(METRICS)/.installed ## Create .venv-metrics, in which COMET and BLEURT run; `make repro` does where params ask for them.

$(METRICS)/.installed: requirements-metrics.lock
	test -x "$(METRICS)/bin/python" || "$(PYTHON)" -m venv $(METRICS)
	$(METRICS)/bin/python -m pip install --quiet torch==2.13.0
	$(METRICS)/bin/python -m pip install --quiet --requirement requirements-metrics.lock
	touch $@

repro: env ## Run every stage that is out of date (JOBS=N cells at a time, ROWS=FILE for rows of them), then push to the default remote.
	if python -m gdig.scoring.environment; then $(MAKE) --no-print-directory metrics; fi
	python -m gdig.tools.cells $(if $(JOBS),--jobs "$(JOBS)") $(if $(ROWS),--rows "$(ROWS)")
	dvc repro
	dvc push --quiet

test: env metrics ## Run the gates: unit tests and those of stages, with coverage, one file at a time on each core.
	OMP_NUM_THREADS=1 python -m pytest -m "not slow and not gpu" --numprocesses auto --dist loadfile --no-loadscope-reorder --cov --cov-report=term

test-all: env metrics ## Run every test: also those that take minutes (whole DAGs, kills, remotes, several processes).
	OMP_NUM_THREADS=1 python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: env contract ## Lint, format, types, and whether the reference pages are current.
	ruff check .
	ruff format --check .
	mypy
	python -m gdig.tools.reference --check

contract: env ## Check that dvc.yaml lists exactly what the code uses.
	python -m gdig.tools.contract

docs: env ## Write the reference pages docs/params.md and docs/stages.md.
	python -m gdig.tools.reference

verify: env ## Check code, docs and dvc.lock where there are no artifacts, in under a minute.
	python -m gdig.tools.contract
	python -m gdig.tools.reference --check
	python -m gdig.tools.verify
	python -m pytest tests/tools/test_contract.py tests/config/test_params.py tests/tools/test_profile.py tests/tools/reference

margins: env ## Check that the committed claims hold for the metrics of this run.
	python -m benchmarks.margins

ablation: env ## Run an ablation as DVC experiments and compare its arms (NAME=..., JOBS=N arms at a time); list them.
	python -m gdig.tools.ablation $(if $(NAME),run "$(NAME)" $(if $(JOBS),--jobs "$(JOBS)"),list)

evidence: env ## Run a grid of pools and noise rates as DVC experiments, collect and show it (GRID=..., JOBS=N); list them.
	python -m gdig.tools.evidence $(if $(GRID),run "$(GRID)" $(if $(JOBS),--jobs "$(JOBS)"),list)
	$(if $(GRID),python -m gdig.tools.evidence collect "$(GRID)")
	$(if $(GRID),python -m gdig.tools.evidence show "$(GRID)")

bench: env $(PEERS)/.installed ## Measure the influence engine against a training pass and its peers (docs/performance.md).
	PYTHONPATH=$(PEERS) python -m benchmarks.influence --shape $(or $(SHAPE),small) --out benchmarks/influence-$(or $(SHAPE),small).jsonl

# Apart from .venv: some change what transformers does where they can be imported.
$(PEERS)/.installed: benchmarks/influence/peers.txt
	rm -rf $(PEERS)
	python -m pip install --quiet --no-deps --target $(PEERS) --requirement $<
	touch $@

mutants: env $(MUTMUT)/.installed ## Run the tests on a sample of mutants of the numerics (SAMPLE=..., SEED=..., JOBS=N at a time).
	OMP_NUM_THREADS=1 PATH="$(CURDIR)/$(MUTMUT)/bin:$(PATH)" PYTHONPATH="$(CURDIR)/$(MUTMUT)" python -m benchmarks.mutants \
		--sample $(or $(SAMPLE),150) --seed $(or $(SEED),23) --jobs $(or $(JOBS),1)

$(MUTMUT)/.installed: benchmarks/mutants.txt
	rm -rf $(MUTMUT)
	python -m pip install --quiet --no-deps --target $(MUTMUT) --requirement $<
	touch $@

figures: env ## Redraw docs/dag.svg from dvc.yaml, docs/performance.svg from docs/performance.jsonl, and the template of dvc plots.
	python -m gdig.report.charts.dag docs/dag.svg
	python -m gdig.report.charts.budget_curve .dvc/plots/budget_curve.json
	python -m benchmarks.influence.figure docs/performance.jsonl docs/performance.svg

clean: ## Remove the environment and caches; artifacts stay in DVC's cache.
	rm -rf $(VENV) $(METRICS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build *.egg-info
