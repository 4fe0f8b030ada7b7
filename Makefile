# Commands for people and for CI alike. Everything they need is set up on the way; nothing outside this folder is
# changed, except for Debian packages that are missing and that we may install (as root).

SHELL := /bin/bash
DEMO_PORT ?= 8000
ZOOM_PORT ?= 8001
STACK ?= teak
RUN = .venv/$(STACK)/bin/python

.PHONY: help demo demo-reset test test-teak test-main-2026 lint bench chaos translations dist clean

help:
	@echo "make demo        the whole main job in two local servers (DEMO_PORT, ZOOM_PORT)"
	@echo "make demo-reset  forget the demo's state"
	@echo "make test        every test, on each supported stack whose Python is here"
	@echo "make lint        style, settings and migrations, in seconds"
	@echo "make bench       figures, each as a ratio against a floor measured beside it (BENCH_SQLITE=1, BENCH_QUICK=1, BENCH_ONLY=settle)"
	@echo "make dist        the source archive and the wheel, reproducibly, and checked"
	@echo "make chaos       real processes under faults, ten seeds, judged by an oracle (SEEDS='3 4')"

# A stack is a virtual environment with the pins of a platform release; the stamp says with which requirements it was made.
.venv/%/.ready: requirements/%-constraints.txt requirements/demo.txt requirements/test.txt requirements/lint.txt setup.py tools/stack.sh
	@tools/stack.sh $*
	@touch $@

demo: .venv/teak/.ready
	@DEMO_PORT=$(DEMO_PORT) ZOOM_PORT=$(ZOOM_PORT) exec $(RUN) -m demo

demo-reset:
	@rm -rf var
	@echo "The demo's state is gone."

test:
	@tools/test.sh

# One stack, wholly: what a second stack leaves out is left out after a first one only.
test-teak:
	@STACKS=teak tools/test.sh

test-main-2026:
	@STACKS=main-2026 tools/test.sh

lint: .venv/teak/.ready
	@tools/lint.sh

translations: .venv/teak/.ready
	@$(RUN) tools/translations.py

bench: .venv/teak/.ready
	@tools/driver.sh $(STACK)
	@$(RUN) -m bench

chaos: .venv/teak/.ready
	@tools/driver.sh $(STACK)
	@$(RUN) -m chaos $(SEEDS)

dist: .venv/teak/.ready
	@tools/dist.sh

clean:
	rm -rf .venv var build dist *.egg-info
