# Each target does all of its set-up: a machine needs Python 3.11 or newer (with pip and venv) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?=
ONCE ?=
PORT ?= 8080

.PHONY: help demo test check bench bench-decide bench-routing bench-savings docs lock clean bench-statistics bench-bakeoff bench-scale bench-graders bench-buckets bench-faults bench-guard bench-live bench-forecast
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

$(VENV)/made:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"suffice needs Python 3.11 or newer, this is {v[0]}.{v[1]}: run make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/runtime: $(VENV)/made requirements.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/dev: $(VENV)/runtime requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

demo: $(VENV)/runtime ## watch, prove, flip, savings on generated traffic; DATA=dir plays a recorded week, ONCE=1 ends by itself
	$(BIN)/suffice demo --port $(PORT) $(if $(DATA),--data $(DATA)) $(if $(ONCE),--once)

test: $(VENV)/dev ## all tests
	$(BIN)/python -m pytest -n auto $(ARGS)

check: $(VENV)/dev ## lint, types, direction of imports, mirrored tests, generated docs
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check --no-cache .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tests/mirrored.py
	$(BIN)/python docs/generate.py --check

bench: $(VENV)/dev ## cost and latency of the proxy beside other proxies, as ratios
	$(BIN)/python bench/proxy.py $(ARGS)

bench-captures: $(VENV)/dev ## what captures cost the proxy; ARGS=--quick for a look
	$(BIN)/python bench/captures.py $(ARGS)

bench-decide: $(VENV)/dev ## what a decision costs: time, memory, start-up; ARGS=--scale=0.1 for a quick look
	$(BIN)/python bench/decide.py $(ARGS)

bench-routing: $(VENV)/dev ## quality of routing on recorded outcomes, beside controls; DATA=../shared/data/routing
	PYTHONPATH=bench OMP_NUM_THREADS=1 $(BIN)/python -m routing $(if $(DATA),--data $(DATA)) $(ARGS)

bench-savings: $(VENV)/dev ## whether the interval of measured savings covers; DATA=../shared/data/traffic
	PYTHONPATH=bench OMP_NUM_THREADS=1 $(BIN)/python -m savings --data $(or $(DATA),../shared/data/traffic) $(ARGS)

bench-statistics: $(VENV)/dev ## bounds, e-values and draws to a verdict, by simulation; ARGS=--quick for a look
	PYTHONPATH=bench OMP_NUM_THREADS=1 $(BIN)/python -m stats $(ARGS)

bench-bakeoff: $(VENV)/dev ## how often a bake-off is right, on recorded answers; DATA=../shared/data/traffic
	PYTHONPATH=bench OMP_NUM_THREADS=1 $(BIN)/python -m bakeoff $(if $(DATA),--data $(DATA)) $(ARGS)

bench-guard: $(VENV)/dev ## requests until demotion, and false demotions, on recorded answers; DATA=../shared/data/traffic
	PYTHONPATH=bench OMP_NUM_THREADS=1 $(BIN)/python -m guard --data $(or $(DATA),../shared/data/traffic) $(ARGS)

bench-live: $(VENV)/dev ## the recorded week in route mode: quality, cost, verified savings; DATA=../shared/data/traffic
	PYTHONPATH=bench OMP_NUM_THREADS=1 $(BIN)/python -m routed_week --data $(or $(DATA),../shared/data/traffic) $(ARGS)

bench-forecast: $(VENV)/dev ## how far the projection lies off what routing brings; DATA=../shared/data/traffic
	PYTHONPATH=bench OMP_NUM_THREADS=1 $(BIN)/python -m forecast --data $(or $(DATA),../shared/data/traffic) $(ARGS)

bench-buckets: $(VENV)/dev ## how well untagged traffic is divided, beside its true tags; DATA=../shared/data
	OMP_NUM_THREADS=1 $(BIN)/python bench/buckets.py $(if $(DATA),$(DATA)) $(ARGS)

bench-scale: $(VENV)/dev ## imports and buckets a million generated log lines: rate and memory; ARGS=--lines=50000
	OMP_NUM_THREADS=1 $(BIN)/python bench/scale.py $(ARGS)

bench-graders: $(VENV)/dev ## how far graders agree with recorded scores; DATA=../shared/data/traffic
	OMP_NUM_THREADS=1 $(BIN)/python bench/graders.py $(if $(DATA),--data $(DATA)) $(ARGS)
	$(if $(ARGS),,$(BIN)/python docs/generate.py)

bench-faults: $(VENV)/dev ## success and ledger under faults, beside the provider itself; ARGS=--scale=0.3
	PYTHONPATH=bench OMP_NUM_THREADS=1 $(BIN)/python -m faults $(ARGS)

docs: $(VENV)/dev ## writes the generated pages of docs/
	$(BIN)/python docs/generate.py

lock: $(VENV)/dev ## pins the newest versions that pyproject.toml allows
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras --allow-unsafe -o requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras --allow-unsafe --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean: ## removes what make made
	rm -rf $(VENV) demo-out bench-out build dist .pytest_cache .mypy_cache .ruff_cache
