# What one types here. Needs Python 3.11 or newer and make; all else goes into .venv.
#   PYTHON=/path/to/python3   the interpreter for .venv
#   ARGS=...                  more words for pytest, the demo or the benchmark
#   WORKERS=...               tests at the same time (most of them wait for a process more than they reckon)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-clusters chaos check bench docs dist venv clean cluster-kubernetes cluster-kubernetes-stop cluster-hadoop cluster-hadoop-stop

PYTHON ?=
ARGS ?=
PROFILE ?= plain
WORKERS ?= $(shell expr 3 \* $$(nproc))
export PYTHON

bin := .venv/bin
kubernetes := tests/clusters/kubernetes
hadoop := tests/clusters/hadoop
metadata := setup.cfg pyproject.toml .ci/venv

help: ## say what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

demo: .venv/.demo ## watch a training run from start to end on this machine
	@$(bin)/python -m demo $(ARGS)

test: .venv/.dev ## run the tests; ARGS='-k name' for some of them
	@$(bin)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

test-clusters: .venv/.kerberos ## run the tests on real clusters; needs root; the long ones too with ARGS='-m cluster'
	@$(kubernetes)/build.sh
	@$(hadoop)/build.sh
	@$(bin)/python -m pytest -m "cluster and not chaos" --numprocesses 2 --dist loadscope $(ARGS)

cluster-kubernetes: ## start a real Kubernetes on this machine, built the first time; needs root
	@$(kubernetes)/build.sh
	@$(kubernetes)/up.sh --registry --operators

cluster-kubernetes-stop: ## end it
	@$(kubernetes)/down.sh

cluster-hadoop: ## start a real Hadoop on this machine, fetched the first time; PROFILE=plain, ha, secure or bare
	@$(hadoop)/build.sh
	@$(hadoop)/up.sh --profile $(PROFILE)

cluster-hadoop-stop: ## end it
	@$(hadoop)/down.sh --profile $(PROFILE)

chaos: .venv/.dev ## break things under load for minutes; ARGS='-k name' for some of it
	@$(bin)/python -m pytest -m "chaos and not cluster" --timeout 1800 -o faulthandler_timeout=1800 $(ARGS)

check: .venv/.dev ## lint, formatting, types, arrows between the rooms
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/mypy $(wildcard tests examples demo bench)
	$(bin)/lint-imports --no-cache

bench: .venv/.dev ## measure, each number against a limit measured in the same run
	@$(bin)/python -m bench $(ARGS)

docs: .venv/.docs ## build the documentation into site/; a broken link fails
	$(bin)/python docs/rest.py
	$(bin)/zensical build --strict --clean

dist: .venv/.dev ## build the wheel and the source distribution into dist/
	$(bin)/python -m build

venv: .venv/.dev ## make .venv with everything a contributor needs

clean: ## remove what was made, the virtual environment too
	rm -rf .venv build dist site .demo .src/*.egg-info .*_cache .coverage .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.demo: $(metadata)
	@./.ci/venv demo

.venv/.dev: $(metadata)
	@./.ci/venv demo dev

.venv/.kerberos: $(metadata)
	@command -v krb5-config >/dev/null || { echo "error: Kerberos' headers are missing; on Debian, install libkrb5-dev and gcc" >&2; exit 1; }
	@./.ci/venv demo dev kerberos

.venv/.docs: $(metadata)
	@./.ci/venv demo docs
