# What continuous integration does, in the order in which it fails fastest.
.PHONY: quick check fmt vet lint short test modules conform race race-short fuzz vulnerable bench

LINT = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
MODULES = bench internal/report/browsertest # modules of their own, so that nobody who uses the library gets what they need

# What a change breaks most often, and how long it took. Tests for which XLA compiles for seconds are left to check.
quick:
	@begun=$$(date +%s); $(MAKE) --no-print-directory fmt vet short; \
	status=$$?; echo "make quick: $$(($$(date +%s) - begun)) s"; exit $$status

short:
	go test -short -timeout 10m ./...

# What to run before a change is sent, and how long it took. XSAM_THOROUGH=1 makes it what continuous integration runs.
check:
	@begun=$$(date +%s); $(MAKE) --no-print-directory fmt vet lint test modules; \
	status=$$?; echo "make check: $$(($$(date +%s) - begun)) s"; exit $$status

fmt:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; fi

vet:
	go vet ./...

lint:
	$(LINT) run ./...

test:
	go test -timeout 25m ./...

modules:
	@for module in $(MODULES); do echo "$$module:"; (cd $$module && go vet ./... && go test -timeout 10m ./...) || exit 1; done

# Four programs of users under every schedule, whole, cut and resumed: prints the table of docs/conformance.md.
conform:
	XSAM_CONFORM=all go test -v -count 1 -timeout 30m -run 'TestMatrix' ./xsamtest

# The pure-Go engine's matrix product does not pass checkptr, which -race turns on.
race:
	go test -race -gcflags=all=-d=checkptr=0 ./backend ./datasets ./recipe ./internal/program ./experiment ./measure ./stepcost \
		./internal/cli/...

# The same of what has goroutines of its own and takes no engine, with checkptr, in a minute or two.
race-short:
	go test -race -short ./runlog ./internal/regular ./internal/report/live
	go test -race -short -run 'Ahead|AtOnce|Cancel' ./datasets ./backend

# Each fuzz target on so many inputs, by number and not by time: how fast a machine is decides nothing then.
FUZZ = 1000x
fuzz:
	@grep -rno --include=*_test.go '^func Fuzz[A-Za-z]*' . | sed 's|/[^/]*:[0-9]*:func | |' | while read -r package target; do \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ) -fuzzminimizetime 10x "$$package" || exit 1; done

# Known faults of what this module depends on, where their list can be read; without it this says that it was skipped.
vulnerable:
	@out=$$(go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./... 2>&1); status=$$?; echo "$$out" | tail -30; \
	case "$$status $$out" in 0*) ;; *"fetching vulnerabilities"*) \
		echo "govulncheck: skipped: its database cannot be reached";; *) exit $$status;; esac

bench:
	go test -run '^$$' -bench . -count 5 ./...
