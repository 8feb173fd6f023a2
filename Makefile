# The verbs of this repository. `go run ./router dev` and `go test ./...` need none of them.

LINT = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: check lint generate browser lambda parity fuzz faults alarms inflight bench betterauth adopt railway openapi module project

check: generate lint            ## everything that must hold before a change lands, but the browser
	go mod tidy -diff
	git diff --exit-code
	go vet ./...
	go test -race -gcflags=golang.org/x/crypto/scrypt=-race=false -gcflags=compress/flate=-race=false ./...

lint:                           ## the linters, with the reasons in .golangci.yml
	$(LINT) run --allow-parallel-runners
	cd bench && $(LINT) run --allow-parallel-runners
	cd router/tests/faults && $(LINT) run --allow-parallel-runners
	cd router/tests/alarms && $(LINT) run --allow-parallel-runners

generate:                       ## catalog and pages from their sources
	go generate ./...

browser:                        ## the page in a real browser; installs Chromium on Debian if it is missing
	command -v chromium google-chrome chromium-browser >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium)
	go -C router/tests/browser test -count=1 ./...

lambda:                         ## the product's tests on one Lambda for each function
	go test -count=1 ./router/tests/elsewhere $(addprefix ./,$(wildcard router/tests/files)) -run '^(TestFileDesk|TestBadInput|TestCloudEvents|TestWebhooks|TestTriggers|TestThaw)' -args -lambda

parity:                         ## the same requests to the host and to Lambda: no answer differs
	go run ./router parity

fuzz:                           ## 100,000 events of each kind that Lambda could send: no panic, no hang
	for f in FuzzInvoke FuzzMutated FuzzMembers; do go test ./router/internal/lambda -run '^$$' -fuzz "^$$f$$" -fuzztime 100000x || exit 1; done

FAULTS = -large                 ## how much: nothing for the numbers of CI

faults:                         ## what dies, freezes and comes back loses nothing; installs Redis on Debian if it is missing
	command -v redis-server >/dev/null || (apt-get update -qq && apt-get install -y -qq redis-server)
	go -C router/tests/faults test -count=1 -v -parallel 3 -timeout 3h . -args $(FAULTS)

inflight:                       ## releases that change their jobs, over 200 runs that go on
	go test -count=1 ./router/internal/durable/inflight -run TestDeploy -inflight 200

alarms:                         ## each alarm of docs/alarms.yml fires for its reason, by Prometheus' own engine, and none in health
	go -C router/tests/alarms test -count=1 -parallel 6 ./...

bench:                          ## the speed of the relay and of Inngest, what Lambda costs, and their ratios
	command -v redis-server >/dev/null || (apt-get update -qq && apt-get install -y -qq redis-server)
	go -C bench run ./relay
	go -C bench run ./inngest
	go -C bench run ./lambda

betterauth:                     ## Better Auth's own client, and its server, against the router
	cd router/tests/betterauth && npm ci --silent --no-fund --no-audit && npm test --silent

adopt:                          ## databases that Drizzle, Better Auth and Prisma make are adopted, and theirs go on; DUMP=-dump keeps them
	cd router/tests/adopt && npm ci --silent --no-fund --no-audit && go test -count=1 . -args -adopt $(DUMP)

railway:                        ## .railway/railway.ts against Railway's own package, and against railway.toml
	cd .railway && npm ci --silent --no-fund --no-audit && npm run -s check

openapi:                        ## the API document, by Redocly's rules
	for f in $(wildcard router/tests/*/openapi.json); do npx --yes @redocly/cli@2.77.0 lint $$f || exit 1; done

project:                        ## a project from a published version, and on to the next: in an empty module cache
	go test -count=1 -v -timeout 30m ./router/tests/project -run TestProject -args -project

module:                         ## make module MODULE=github.com/you/switchyard: another module path everywhere
	@go run ./router/internal/rename "$(MODULE)"
	go generate ./...
