.PHONY: demo test check setup lock clean

SHELFWIRE := .venv/bin/shelfwire
POE := .venv/bin/poe

demo: setup ## play a retail day on the deployed template
	$(SHELFWIRE) demo

test: setup ## everything CI runs
	$(POE) test

check: setup ## the fast part: lint, types, unit tests
	$(POE) check

setup:
	@./setup

lock: setup ## refresh the hash-pinned requirement files
	@./setup lock

clean:
	rm -rf .venv .tools .sandbox build cdk.out node_modules
