# Targets are thin: what they run is what .ci/run and CONTRIBUTING.md name. `make help` lists them.

GO       ?= go
LINT     := $(GO) tool -modfile=tools/go.mod golangci-lint
FUZZTIME ?= 50000x

.DEFAULT_GOAL := help
.PHONY: help check test race stress fuzz bench lint fmt

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: ## what CI runs, from the cheap to the dear
	.ci/run

test: ## all tests, quickly
	$(GO) test ./...

race: ## all tests under the race detector
	$(GO) test -race ./...

stress: ## the long suites (build tag long)
	.ci/run --alone long

fuzz: ## every fuzz target for FUZZTIME executions
	FUZZTIME=$(FUZZTIME) .ci/run --alone fuzz

bench: ## the micro-benchmarks, in a form for benchstat
	$(GO) test -run '^$$' -bench . -count 6 ./...

lint: ## the linters of .golangci.yml
	$(LINT) run ./...

fmt: ## format all code
	$(LINT) fmt ./...
