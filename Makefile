# Two commands: `make map` (a scene to a map) and `make test`. `make help` lists the rest.
VENV ?= .venv
SCENE ?=
OUT ?= out
SHELL := /bin/bash
PY := $(VENV)/bin/python
BEN := $(VENV)/bin/ben

# Files of tests side by side: two at a time on two cores. Those with long runs come early in the alphabet's order.
SHARED := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# Tests start the engine a few hundred times: a session that forbids compiled modules would compile it each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help map test test-qgis test-oracles lint zip translations screenshots bench train-default clean

help:
	@echo "make map                  map the sample scene with the embedded model (products in $(OUT)/)"
	@echo "make map SCENE=PATH       map your own product"
	@echo "make test                 install what the tests need and run them: the engine's, then the QGIS plugin's"
	@echo "make test-qgis            the plugin's tests alone, in a real QGIS"
	@echo "make test-oracles         check every family of models against its origin's own library (gigabytes, minutes)"
	@echo "make lint                 ruff and mypy"
	@echo "make zip                  the QGIS plugin as dist/bigearthnet_mapper.zip"
	@echo "make translations         collect the plugin's words and compile its translations"
	@echo "make screenshots          draw the plugin's pictures for the docs in a real QGIS (needs BEN_DATA)"
	@echo "make bench                measure the pipeline against its bare limits (minutes)"
	@echo "make train-default        train the embedded models again, 10 minutes (needs the labelled patches, BEN_DATA)"
	@echo "make clean                remove environment, sample and products"

map: $(VENV)/.map
ifeq ($(SCENE),)
	@test -f sample/truth.tif || $(BEN) sample sample --overwrite
	@$(BEN) map sample/*.SAFE --out "$(OUT)" --name sample --overwrite
	@echo "Look at $(OUT)/sample_report.html; the picture is $(OUT)/sample_quicklook.png, the truth sample/truth.png."
else
	@$(BEN) map "$(SCENE)" --out "$(OUT)" --overwrite
endif

test: $(VENV)/.test
	@tools/need-gdal.sh
	@$(PY) -m pytest $(SHARED)
	@$(MAKE) --no-print-directory test-qgis

# QGIS brings its own Python; the engine that its plugin starts is the environment of the other tests. A core takes a file
# of tests at a time, in a QGIS with settings of its own.
test-qgis: $(VENV)/.test
	@tools/need-qgis.sh $(VENV)-qgis
	@test ! -e $(VENV)-qgis/.ready || BEN_ENGINE_PYTHON="$(abspath $(PY))" QT_QPA_PLATFORM=offscreen \
	  $(VENV)-qgis/bin/python -m pytest $(SHARED) tests/gui

zip:
	@tools/make-zip.sh

translations:
	@python3 tools/translations.py

# Each origin runs in an environment of its own: TensorFlow, timm and torchgeo want other versions than we do.
ORACLES := $(patsubst tools/oracle-venv-%.sh,%,$(wildcard tools/oracle-venv-*.sh))
test-oracles: $(VENV)/.test $(ORACLES:%=.venv-oracle-%/.ready)
	@$(PY) -m pytest -m oracle tests/oracles

.venv-oracle-%/.ready: tools/oracle-venv-%.sh
	@$< .venv-oracle-$*
	@touch $@

lint: $(VENV)/.test
	@$(PY) -m pip install --quiet ruff mypy
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy

# A few pictures of the plugin at work on a real scene; docs/pictures/qgis keeps those that the guide shows.
screenshots: $(VENV)/.test
	@tools/need-qgis.sh $(VENV)-qgis
	@BEN_ENGINE_PYTHON="$(abspath $(PY))" tools/screenshots.sh \
	  "$${BEN_DATA:-../shared/data}/scenes/major_tom_T48QUE_thailand_2020-02-23" build/pictures \
	  "$${BEN_DATA:-../shared/data}/scenes/ssl4eo_s12_0000200"
	@$(PY) tools/shown_pictures.py build/pictures docs/pictures/qgis

bench: $(VENV)/.test
	@$(PY) benchmarks/bench.py

train-default: $(VENV)/.test
	@$(PY) -m ben_core.learn.default.train --data "$${BEN_DATA:-../shared/data}" --out ben_core/embedded
	@$(PY) -m ben_core.adapt.default_banks --data "$${BEN_DATA:-../shared/data}" --out ben_core/embedded

clean:
	rm -rf $(VENV) $(VENV)-qgis sample out build dist .qgis-settings *.egg-info

$(VENV)/bin/python:
	@tools/make-venv.sh $(VENV)

$(VENV)/.map: $(VENV)/bin/python pyproject.toml
	@$(PY) -m pip install --quiet -e '.[cpu]'
	@touch $@

# The CPU build of PyTorch is enough for the tests; see constraints-cpu.txt.
$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints-cpu.txt
	@$(PY) -m pip install --quiet -c constraints-cpu.txt -e '.[cpu,torch,test]'
	@touch $@ $(VENV)/.map
