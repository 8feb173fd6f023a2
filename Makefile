# The verbs of this repository. `go run ./router dev` and `go test ./...` need none of them.

# Whatever has a go.mod, but for what tests compile.
MODULES = $(dir $(shell git ls-files '*go.mod' | grep -v /testdata/))
LINT = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: check lint generate browser screenshots lambda parity isolation fuzz faults alarms inflight pgo bench bench-quick bench-report bench-relay bench-live bench-inngest bench-lambda bench-overload bench-functions betterauth adopt railway openapi module project

check: generate lint            ## everything that must hold before a change lands, but the browser
	go mod tidy -diff
	git diff --exit-code
	go vet ./...
	go -C bench test ./report ./product/...
	go test -race -gcflags=golang.org/x/crypto/scrypt=-race=false -gcflags=golang.org/x/crypto/blowfish=-race=false -gcflags=compress/flate=-race=false ./...

lint:                           ## the linters, with the reasons in .golangci.yml
	for module in $(MODULES); do (cd $$module && $(LINT) run --allow-parallel-runners) || exit 1; done

generate:                       ## catalog and pages from their sources
	go generate ./...

browser:                        ## the pages in a real browser; installs Chromium on Debian if it is missing, and axe
	command -v chromium google-chrome chromium-browser >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium)
	cd router/tests/browser && npm ci --silent --no-fund --no-audit
	go -C router/tests/browser test -count=1 -timeout 30m ./...

SCREENSHOTS = dist/screenshots

screenshots:                    ## a picture of each page, light, dark and as a phone shows it; three of them for the README
	command -v chromium google-chrome chromium-browser >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium)
	cd router/tests/browser && npm ci --silent --no-fund --no-audit
	go -C router/tests/browser test -count=1 -timeout 30m -run '^TestPages' ./... -args -screenshots $(abspath $(SCREENSHOTS))
	for picture in list file phone; do mv $(SCREENSHOTS)/readme-$$picture.png docs/screenshots/$$picture.png || exit 1; done

lambda:                         ## the product's tests on one Lambda for each function
	go test -count=1 ./router/tests/elsewhere $(addprefix ./,$(wildcard router/tests/files)) -run '^(TestFileDesk|TestBadInput|TestCloudEvents|TestWebhooks|TestTriggers|TestThaw)' -args -lambda

parity:                         ## the same requests to the host and to Lambda: no answer differs
	go run ./router parity

isolation:                      ## bad functions beside good ones, and the table of docs/isolation.md
	go run ./router isolation --quiet 6 --seconds 12 --markdown > isolation.table; status=$$?; test -s isolation.table && \
	awk 'FNR == NR { table = table $$0 "\n"; next } \
	     /^<!-- the table/ { print; printf "\n%s\n", table; within = 1 } \
	     /^<!-- the end/ { within = 0 } \
	     !within' isolation.table docs/isolation.md > isolation.md && mv isolation.md docs/isolation.md; rm isolation.table; exit $$status

fuzz:                           ## 100,000 events of each kind that Lambda could send: no panic, no hang; and requests to compiled endpoints
	for f in FuzzInvoke FuzzMutated FuzzMembers; do go test ./router/internal/lambda -run '^$$' -fuzz "^$$f$$" -fuzztime 100000x || exit 1; done
	for f in FuzzBodies FuzzParams; do go test ./router/tests/bindings -run '^$$' -fuzz "^$$f$$" -fuzztime 200000x || exit 1; done

FAULTS = -large                 ## how much: nothing for the numbers of CI

faults:                         ## what dies, freezes and comes back loses nothing; installs Redis on Debian if it is missing
	command -v redis-server >/dev/null || (apt-get update -qq && apt-get install -y -qq redis-server)
	go -C router/tests/faults test -count=1 -v -parallel 3 -timeout 3h . -args $(FAULTS)

inflight:                       ## releases that change their jobs, over 200 runs that go on
	go test -count=1 ./router/internal/durable/inflight -run TestDeploy -inflight 200

alarms:                         ## each alarm of docs/alarms.yml fires for its reason, by Prometheus' own engine, and none in health
	go -C router/tests/alarms test -count=1 -parallel 6 ./...

# What the benchmark found becomes docs/performance.md and the table of the README, whether its targets were met or not.
REPORT = status=$$?; go -C bench run ./report && exit $$status

bench:                          ## the product beside others, under 30 minutes: docs/performance.md; fails when a target is missed
	go -C bench run ./product; $(REPORT)

bench-quick:                    ## the same in 3 minutes
	go -C bench run ./product -quick; $(REPORT)

bench-report:                   ## docs/performance.md again, from the results that are there
	go -C bench run ./report

PROFILES = /tmp/switchyard-profiles

pgo:                            ## router/default.pgo from the benchmark's load, and what it earns: keep it for 3 % or more
	go -C bench run ./product -profile $(PROFILES) -each 20s
	cp $(PROFILES)/all.pprof router/default.pgo
	go -C bench run ./product -pgo ../router/default.pgo

bench-relay:                    ## how many events a second the relay sends
	go -C bench run ./relay

bench-live:                     ## what streams cost, and how many messages one PostgreSQL takes
	go -C bench run ./live

bench-inngest:                  ## the speed of Inngest, with Redis and without; installs Redis on Debian if it is missing
	command -v redis-server >/dev/null || (apt-get update -qq && apt-get install -y -qq redis-server)
	go -C bench run ./inngest

bench-lambda:                   ## what a function costs on Lambda, over AWS' own package
	go -C bench run ./lambda

bench-overload:                 ## three times as much as the router can do
	go -C bench run ./overload

bench-functions:                ## what 10, 100, 1,000 and 5,000 functions cost: generating, building, starting; takes an hour
	go -C bench run ./functions -n 10,100,1000,5000

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
