# Magpie 鹊桥. `make help` lists the targets.
SHELL   := /usr/bin/env bash
GO      ?= go
TAGS    := nomsgpack
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
ADDR    ?= 127.0.0.1:8080
FUZZTIME ?= 20s
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: run test check lint fuzz bench bench-million build help

run: ## try it: server, simulated suite and playground page on $(ADDR)
	$(GO) run -tags $(TAGS) ./cmd/magpie demo --addr $(ADDR)

test: ## all tests; installs or starts what they need (MariaDB, Chromium) where it can, and says what it could not run
	./scripts/test

check: lint ## format, vet, module files, and the sample workflows through magpie check and magpie test
	$(GO) mod verify
	@$(GO) mod tidy -diff
	$(GO) run -tags $(TAGS) ./cmd/magpie check -c cmd/magpie/sample/magpie.yaml
	$(GO) run -tags $(TAGS) ./cmd/magpie test -c cmd/magpie/sample/magpie.yaml

lint: ## gofmt and go vet
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not gofmt-ed:"; echo "$$out"; exit 1; fi
	$(GO) vet -tags $(TAGS) ./...

fuzz: ## every fuzz target for FUZZTIME (20s)
	./scripts/fuzz $(FUZZTIME)

bench: ## measure against floors of the same run, some 6 minutes; writes bench/results.md
	./scripts/bench

bench-million: ## the same with a million open instances in each database, some 20 minutes and 10 GB; writes bench/million.md
	./scripts/bench -only open -open 1000000 -fill-for 20m -out bench/million.md

build: ## release binary in bin/magpie: static, version stamped
	$(GO) build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o bin/magpie ./cmd/magpie

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15
