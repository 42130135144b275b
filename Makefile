# Every target sets up what it needs: npm packages, then Pulumi (toolchain/). Nothing is done twice.

# node_modules/.bin holds Node 24, whatever `node` the machine has.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export PULUMI_SKIP_UPDATE_CHECK := true

.DEFAULT_GOAL := help
.PHONY: help setup packages toolchain ready env check test test-unit coverage demo lab test-faults test-mutation bench clean

help: ## show this list
	@echo "Targets of make (each installs what it needs first):"
	@sed -n -e 's/\$$\$$/$$/g' -e 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r name text; do \
	  printf '  %-14s %s\n' "$$name" "$$text"; done

setup: packages toolchain ## install the npm packages and Pulumi

packages:
	@packages/toolchain/install-packages.sh

toolchain: packages ## make Pulumi available and show its parts (TOOLCHAIN_RETRY=1: try downloads again)
	@node packages/toolchain/main.ts

ready: packages
	@node packages/toolchain/main.ts >/dev/null

env: packages ## print the environment of a shell: eval "$$(make -s env)", then plain `pulumi up`
	@node packages/toolchain/main.ts --env

check: packages ## check types (tsc), imports, unused code (knip) and style (biome)
	@node packages/toolchain/check.ts

test: ready ## check, then all tests; the last line is "N passed, N failed, N skipped"
	@node packages/toolchain/test.ts $(ARGS)

test-unit: packages ## the tests that start no engine and no simulator, about a minute
	@node packages/toolchain/test.ts --unit

coverage: ready ## the tests, with a table of covered lines and coverage/index.html
	@NODE_DISABLE_COMPILE_CACHE=1 c8 --reporter=text --reporter=html --exclude 'tests/**' --exclude 'packages/toolchain/*.cjs' node packages/toolchain/test.ts $(ARGS)

demo: ready ## a whole teardown on the simulated lab, a few minutes
	@node examples/simulated-lab/main.ts $(ARGS)

lab: ready ## a simulated MAAS and Juju in the foreground, until Ctrl-C (ARGS="--scenario FILE")
	@node examples/simulated-lab/lab.ts $(ARGS)

test-faults: ready ## teardowns that are killed and disturbed at every step
	@node tests/faults/main.ts $(ARGS)

test-mutation: ready ## whether the tests notice changes of the code
	@node packages/simulator/tests/mutation/main.ts $(ARGS)

bench: ready ## how long things take, beside the runbook and the engine itself (ARGS="five curve", BENCH=long)
	@node bench/main.ts $(ARGS)

clean: ## remove what make installed and built; stacks (.state) and labs (.lab) stay
	rm -rf node_modules .toolchain coverage dist
