# Two commands are enough: make run, and make test. `make help` lists all of them.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test check format lock clean ready ready-to-test

# The first Python that is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
COMPILE = .venv/bin/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

help: ## Show this list
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

run: ready ## Start the portal with its demonstration (PORT=5000, WRAP_INSTANCE=instance)
	@exec .venv/bin/python -m wrap_portal.serve

test: ready-to-test ## Run the whole suite; ARGS="-k name" runs a part
	@.venv/bin/python -m pytest -n 2 $(ARGS)

check: ready-to-test ## Check format, code, types, templates and migrations
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/djlint --lint --quiet templates
	.venv/bin/python -m tools.check_migrations

format: ready-to-test ## Format the code
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock: ready-to-test ## Compile requirements*.txt anew from requirements*.in
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(COMPILE) requirements-tools.in -o requirements-tools.txt

clean: ## Remove what make made, except the instance with its data
	rm -rf .venv node_modules static/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results

ready:
	@$(if $(PYTHON),,echo "Python 3.11 or newer is needed; none was found. On Debian or Ubuntu:" \
		"sudo apt-get install python3 python3-venv. Or name one: make run PYTHON=/path/to/python3.12" >&2; exit 1)
	@$(PYTHON) tools/prepare.py
	@.venv/bin/python tools/build_assets.py

ready-to-test:
	@$(if $(PYTHON),,echo "Python 3.11 or newer is needed; none was found. On Debian or Ubuntu:" \
		"sudo apt-get install python3 python3-venv. Or name one: make test PYTHON=/path/to/python3.12" >&2; exit 1)
	@$(PYTHON) tools/prepare.py --dev
	@.venv/bin/python tools/build_assets.py
