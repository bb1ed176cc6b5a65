.PHONY: demo test check nightly setup lock clean

SHELFWIRE := .venv/bin/shelfwire
POE := .venv/bin/poe

demo: setup ## play a retail day on the deployed template
	$(SHELFWIRE) demo

test: setup ## everything CI runs
	$(POE) test

check: setup ## the fast part: lint, types, unit tests
	$(POE) check

nightly: setup ## new simulated histories, crash points, planted bugs: more than an hour
	$(POE) nightly

setup:
	@./setup

lock: setup ## refresh the hash-pinned requirement files
	@./setup lock

clean:
	rm -rf .venv .tools .sandbox build cdk.out node_modules
