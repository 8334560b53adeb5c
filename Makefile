# Every target is a script under scripts/: `make deploy ENV=prod LIMIT=ws-1` is `npx zx scripts/deploy.mjs --env prod --limit ws-1`.
SHELL := /bin/sh
.DEFAULT_GOAL := help
ENV ?= sandbox

# Node 24 comes with npm packages and stands first on PATH, whatever the machine has.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
# What Node makes of the sources is kept: a script starts in half the time.
export NODE_COMPILE_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/odin-deploy/compile

# No script uses what zx brings beside Node, and Node alone starts in a third of the time.
SCRIPT = node scripts/$(1).mjs
FLAGS = --env $(ENV)$(if $(LIMIT), --limit $(LIMIT))$(if $(TAGS), --tags $(TAGS))$(if $(YES), --yes)$(if $(DIFF), --diff)$(if $(CHECK), --check)$(if $(VERBOSE), --verbose)$(foreach each,$(EXTRA), --extra $(each))
WHERE = --env $(ENV)$(if $(LIMIT), --limit $(LIMIT))

INSTALLED := node_modules/.package-lock.json

$(INSTALLED): package-lock.json
	@echo "npm: installing the kit's own packages"
	@npm ci --no-audit --no-fund --loglevel=error

# `make topics describe`, `make publisher start RATE=50`: the word after the noun is its verb, not a target.
NOUN := $(filter topics publisher,$(firstword $(MAKECMDGOALS)))
VERB := $(if $(NOUN),$(wordlist 2,2,$(MAKECMDGOALS)))
ifneq ($(VERB),)
.PHONY: $(VERB)
$(VERB):
	@:
endif

.PHONY: help
help: ## show this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables: ENV=name (default sandbox)  LIMIT=host  TAGS=role  EXTRA=role.name=value  YES=1  CHECK=1  DIFF=1  VERBOSE=1\n'

##@ A sandbox on this machine
.PHONY: sandbox sandbox-down dev
sandbox: $(INSTALLED) ## boot four hosts on this machine and deploy the whole system to them
	@$(call SCRIPT,sandbox) --env $(ENV)$(if $(VERBOSE), --verbose)
sandbox-down: $(INSTALLED) ## remove the sandbox
	@$(call SCRIPT,sandbox-down) --env $(ENV)
dev: $(INSTALLED) ## broker, publisher and ws-server on this machine without containers, restarting on change
	@$(call SCRIPT,dev)

ifeq ($(NOUN),)
##@ An environment
.PHONY: vars plan deploy verify status logs start stop restart rebuild trust ssh exec shell audit unlock
vars: $(INSTALLED) ## every variable of a host and where it comes from: HOST=ws-1 (KEY=role.name for one, with what it overrides)
	@$(call SCRIPT,vars) --env $(ENV)$(if $(HOST), --host $(HOST))$(if $(KEY), --key $(KEY))$(foreach each,$(EXTRA), --extra $(each))
plan: $(INSTALLED) ## what a deploy would change (DIFF=1 shows the texts)
	@$(call SCRIPT,plan) $(FLAGS)
deploy: $(INSTALLED) ## make it so: plan, confirm, apply, verify
	@$(call SCRIPT,deploy) $(FLAGS)
verify: $(INSTALLED) ## every check of every role, and the gate
	@$(call SCRIPT,verify) $(WHERE)$(if $(TAGS), --tags $(TAGS))
status: $(INSTALLED) ## what runs where
	@$(call SCRIPT,status) $(WHERE)
logs: $(INSTALLED) ## the logs of a container: SERVICE=odin-ws NUM=50
	@$(call SCRIPT,logs) $(WHERE)$(if $(SERVICE), --service $(SERVICE))$(if $(NUM), --lines $(NUM))
start: $(INSTALLED) ## start what is stopped (SERVICE=name for one)
	@$(call SCRIPT,start) $(WHERE)$(if $(SERVICE), --service $(SERVICE))$(if $(YES), --yes)
stop: $(INSTALLED) ## stop containers, keep data (SERVICE=name for one)
	@$(call SCRIPT,stop) $(WHERE)$(if $(SERVICE), --service $(SERVICE))$(if $(YES), --yes)
restart: $(INSTALLED) ## stop and start, one host after the other
	@$(call SCRIPT,restart) $(WHERE)$(if $(SERVICE), --service $(SERVICE))$(if $(YES), --yes)
rebuild: $(INSTALLED) ## build the images anew and deploy what came out different
	@$(call SCRIPT,rebuild) $(FLAGS)
trust: $(INSTALLED) ## read the hosts' keys, show their fingerprints and pin them
	@$(call SCRIPT,trust) $(WHERE)$(if $(YES), --yes)
audit: $(INSTALLED) ## who changed what on each host, and when: NUM=20
	@$(call SCRIPT,audit) $(WHERE)$(if $(NUM), --lines $(NUM))
unlock: $(INSTALLED) ## who has the lock of each host, what they do and since when; YES=1 breaks it
	@$(call SCRIPT,unlock) $(WHERE)$(if $(YES), --yes)
ssh: $(INSTALLED) ## print the command that logs in to a host: LIMIT=ws-1
	@$(call SCRIPT,ssh) $(WHERE)
exec: $(INSTALLED) ## run a command as root: LIMIT=ws CMD="uptime"
	@$(call SCRIPT,exec) $(WHERE) -- '$(subst ','\'',$(CMD))'
shell: $(INSTALLED) ## log in to one host: HOST=ws-1
	@$(call SCRIPT,shell) --env $(ENV) $(HOST)
endif

##@ The feed
.PHONY: topics publisher loadtest
topics: $(INSTALLED) ## list the topics; also: make topics describe, make topics consume TOPIC=odin.trades NUM=5
	@$(call SCRIPT,topics) $(or $(VERB),list) --env $(ENV)$(if $(TOPIC), --topic $(TOPIC))$(if $(NUM), --num $(NUM))
publisher: $(INSTALLED) ## status of the publisher; also: make publisher start RATE=50 TOKENS=BTC,ETH · stop · rate RATE=100
	@$(call SCRIPT,publisher) $(or $(VERB),status) --env $(ENV)$(if $(RATE), --rate $(RATE))$(if $(TOKENS), --tokens $(TOKENS))
loadtest: $(INSTALLED) ## many clients, and whether each got everything: CLIENTS=2000 TOKENS=BTC,ETH URL=ws://… ARGS="--help"
	@node apps/loadtest/main.ts --url $(or $(URL),ws://127.0.0.1:3004/ws)$(if $(CLIENTS), --clients $(CLIENTS))$(if $(TOKENS), --tokens $(TOKENS)) $(ARGS)

##@ The kit itself
.PHONY: check test test-all replay bench
check: $(INSTALLED) ## types, lint, unit tests, structure
	@npm run --silent types
	@npm run --silent lint
	@npm run --silent unit
test: $(INSTALLED) ## every test, also on real hosts
	@$(call SCRIPT,test)
test-all: $(INSTALLED) ## and the engine on real hosts with its long matrices, see docs/tests.md: RUNS=500 SEED=1
	@RUNS=$(or $(RUNS),500) $(if $(SEED),SEED=$(SEED) )$(call SCRIPT,test)
replay: $(INSTALLED) ## print a run again from the events that --json recorded: FILE=run.jsonl
	@$(call SCRIPT,replay) $(FILE)
bench: $(INSTALLED) ## measure: NAME=sandbox, NAME=engine or NAME=feed (FIGURES=highest,many,… for some of it; soak only then)
	@$(call SCRIPT,bench) $(NAME)
