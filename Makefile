# What continuous integration does, in the order in which it fails fastest.
.PHONY: check fmt vet lint test race bench

LINT = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

check: fmt vet lint test

fmt:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; fi

vet:
	go vet ./...

lint:
	$(LINT) run ./...

test:
	go test ./...

# The pure-Go engine's matrix product does not pass checkptr, which -race turns on.
race:
	go test -race -gcflags=all=-d=checkptr=0 ./backend ./datasets ./internal/program ./experiment ./measure ./stepcost ./internal/cli

bench:
	go test -run '^$$' -bench . -count 5 ./...
