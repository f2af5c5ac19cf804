# The commands of a contributor. `make check` is what .ci/run begins with.
.PHONY: build test check coverage bench fuzz tidy

build:
	go build -trimpath -o bin/amsx ./cmd/amsx

test:
	go test ./...

check:
	bash .ci/run quick

# How much of the language its cases alone cover, and how many there are.
coverage:
	bash .ci/coverage

# Ratios against a hand-written program on the same table, measured in turn in
# one run. USERS and ROUNDS may be given: make bench USERS=10000 ROUNDS=3
bench:
	cd internal/bench && go run . -users $(or $(USERS),100000) -rounds $(or $(ROUNDS),3)

fuzz:
	bash .ci/fuzz $(or $(TIME),30s)

tidy:
	gofmt -s -w . && go mod tidy
