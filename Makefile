# The names of what the CI runs. `make deps` once, then `make check test`.

GOLANGCI_VERSION    := v2.15.0
GOVULNCHECK_VERSION := v1.9.0

TOOLS    := $(CURDIR)/.tools
GOLANGCI := $(TOOLS)/golangci-lint

# How many inputs each fuzz target gets; how long each benchmark runs (1x: once), and
# which. Fuzzing ends by count, as a run that ends by the clock now and then fails
# with "context deadline exceeded" on Go before 1.27 (go.dev/issue/75804).
FUZZTIME  ?= 200000x
BENCHTIME ?= 1s
BENCH     ?= .

.PHONY: build demo deps check test race cover fuzz bench golden mutate acceptance vuln image image-check manifests clean help

build: ## build bin/rollcall, static and reproducible (the default)
	CGO_ENABLED=0 go build -trimpath -o bin/rollcall ./cmd/rollcall

demo: build ## run the whole story against the built-in emulator; no account needed
	bin/rollcall demo

# Box's own client, for TestSDK. What is in its package-lock.json is what is installed.
SDK := internal/conformance/sdk

deps: ## fetch the modules, Box's SDK and the directories for tests, and the pinned tools into .tools/
	go mod download
	cd deploy/kubernetes/check && go mod download
	@if ! command -v npm >/dev/null; then \
		echo "npm is not installed: the tests with Box's own SDK will be skipped"; \
	elif [ $(SDK)/node_modules/.package-lock.json -nt $(SDK)/package-lock.json ]; then \
		echo "Box's SDK is there"; \
	else \
		echo "installing Box's SDK into $(SDK)"; \
		npm ci --prefix $(SDK); \
	fi
	@internal/daemon/install
	@if [ "v$$($(GOLANGCI) version --short 2>/dev/null)" = "$(GOLANGCI_VERSION)" ]; then \
		echo "golangci-lint $(GOLANGCI_VERSION) is there"; \
	else \
		echo "installing golangci-lint $(GOLANGCI_VERSION), which takes a minute"; \
		CGO_ENABLED=0 GOBIN=$(TOOLS) go install -trimpath github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION); \
	fi

check: ## formatting, vet, tidy go.mod, current idioms, lint
	@[ "v$$($(GOLANGCI) version --short 2>/dev/null)" = "$(GOLANGCI_VERSION)" ] || \
		{ echo "golangci-lint $(GOLANGCI_VERSION) is not in .tools/: run 'make deps' first" >&2; exit 1; }
	@bad=$$(gofmt -l .) || exit 1; [ -z "$$bad" ] || { echo "not formatted (gofmt -w):" >&2; echo "$$bad" >&2; exit 1; }
	go vet ./...
	go mod tidy -diff
	go fix -diff ./...
	$(GOLANGCI) run

test: ## all tests, with nothing but Go
	go test -shuffle=on ./...

race: ## all tests under the race detector, which needs a C compiler
	go test -race -shuffle=on ./...

# Statements that any test reaches, by package. Each test binary reports on every
# package, so a statement counts once, and as covered if one of them reached it.
cover: ## statement coverage, per package and in total; the profile stays in .cover/
	@mkdir -p .cover
	go test -coverpkg=./... -coverprofile=.cover/profile ./...
	@awk 'NR > 1 { \
			n[$$1] = $$2; if ($$3 > 0) hit[$$1] = 1 } \
		END { \
			for (b in n) { p = b; sub(/\/[^\/]*$$/, "", p); all[p] += n[b]; sum += n[b]; if (b in hit) { got[p] += n[b]; done += n[b] } } \
			for (p in all) printf "%6.1f%%  %5d of %5d  %s\n", 100 * got[p] / all[p], got[p], all[p], p | "sort -k5"; \
			close("sort -k5"); \
			if (sum) printf "%6.1f%%  %5d of %5d  total\n", 100 * done / sum, done, sum }' .cover/profile
	@go tool cover -html=.cover/profile -o .cover/cover.html

fuzz: ## every fuzz target with FUZZTIME (200000x) inputs
	@set -e; found=$$(grep -rE --include='*_test.go' --exclude-dir='.?*' --exclude-dir=node_modules --exclude-dir=testdata '^func Fuzz[A-Za-z0-9_]*\(' . | \
		sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*|\1 \2|' | sort); \
	[ -n "$$found" ] || { echo "there is no fuzz target" >&2; exit 1; }; \
	echo "$$found" | while read -r dir name; do \
		echo "$$dir $$name"; go test -run '^$$' -fuzz "^$$name$$" -fuzzminimizetime 10x -fuzztime $(FUZZTIME) "$$dir"; \
	done

bench: ## the benchmarks that BENCH matches, for BENCHTIME (1s) each; a heavy one runs once
	@set -e; dirs=$$(grep -rlE --include='*_test.go' --exclude-dir='.?*' --exclude-dir=node_modules --exclude-dir=testdata '^func Benchmark' . | xargs -r -n1 dirname | sort -u); \
	[ -n "$$dirs" ] || { echo "there is no benchmark" >&2; exit 1; }; \
	go test -p 1 -timeout 60m -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) $$dirs

golden: ## rewrite the expected outputs of the tests; read the diff before you commit it
	UPDATE=1 go test -count=1 ./...

mutate: ## break package plan in every way there is, and name what no test notices; takes an hour
	go run ./internal/mutate $(if $(ONLY),-only '$(ONLY)') $(if $(SAMPLE),-sample $(SAMPLE)) ./plan

acceptance: ## ask a Box sandbox what Box's documentation leaves open; says what it would do without credentials
	go run ./internal/acceptance

vuln: ## known vulnerabilities in what we use; asks a database on the network
	go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) ./...

image: ## build the container image rollcall:dev; NAME, VERSION, ENGINE and GOARCH say otherwise
	@deploy/image/build

image-check: ## build it twice and hold it to what it promises; needs buildah and root
	@deploy/image/check

# A module of its own, so that the program's does not ask for Kubernetes.
manifests: ## hold deploy/kubernetes to the types of Kubernetes, to "restricted" and to itself
	cd deploy/kubernetes/check && go mod tidy -diff && go vet ./... && go test -count=1 -shuffle=on ./...

clean: ## remove what the other targets made, but for the tools
	rm -rf bin .cover
	find . -path ./.git -prune -o -name node_modules -prune -o -type f '(' -name '*.test' -o -name '*.prof' ')' -exec rm -f '{}' +

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-11s %s\n", $$1, $$2 }' Makefile
