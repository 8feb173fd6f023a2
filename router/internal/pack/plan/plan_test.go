package plan_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/function"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

type bus struct{}

// functions are one of each kind; what they need is what matters of them.
func functions() (all []function.Function, caller service.Need) {
	database := service.NewEnv[config.Database]()
	events := service.New("events", func(context.Context) (*bus, error) { return &bus{}, nil }, database)
	people := service.New("auth/betterauth", func(context.Context) (*bus, error) { return &bus{}, nil }, service.NewEnv[config.Auth]())
	all = []function.Function{
		{Name: "api/big", Spec: fn.Endpoint{Route: "POST /api/big", MaxBody: 20 << 20, MaxConcurrent: 3, Memory: 2048}, Admits: people},
		{Name: "api/send", Spec: fn.Endpoint{Route: "POST /api/send", Access: fn.Public}, Needs: []service.Need{events}},
		{Name: "jobs/long", Spec: fn.Job{Events: []string{"a/b"}, Timeout: time.Hour}, Needs: []service.Need{events}},
		{Name: "pages/odd", Spec: fn.Page{Route: "/odd/", Access: fn.Public, Timeout: 1500 * time.Millisecond, Memory: 64}},
		{Name: "pages/slow", Spec: fn.Page{Route: "GET /slow", Access: fn.Public, Timeout: time.Minute, MaxBody: 5 << 20}},
		{Name: "pages/stream", Spec: fn.Page{Route: "GET /stream", Access: fn.Public, Timeout: 10 * time.Minute, Stream: true}},
	}
	return all, service.NewEnv[config.Mail]()
}

func planOf(t *testing.T, change func(*plan.Options)) plan.Plan {
	t.Helper()
	all, caller := functions()
	o := plan.Options{
		Functions: all, Target: plan.Lambda, Front: plan.HTTPAPI, Caller: caller,
		Needs: func(some []function.Function) (*service.Set, error) {
			set := function.Needs(some)
			set.Add("router", service.NewEnv[config.Server]())
			return set, nil
		},
	}
	change(&o)
	p, err := plan.New(o, "example.com/yard")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// show returns what the units are like, a line each.
func show(p plan.Plan) []string {
	var lines []string
	for _, u := range p.Units {
		line := fmt.Sprintf("%s: %v, %d MiB", u.Name, u.Timeout, u.Memory)
		for _, flag := range []struct {
			name string
			on   bool
		}{{"routed", u.Routed}, {"url", u.URL}, {"stream", u.Stream}, {"sweeps", u.Sweeps}, {fmt.Sprintf("reserved %d", u.Reserved), u.Reserved > 0}} {
			if flag.on {
				line += ", " + flag.name
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*plan.Options)
		want   []string
	}{
		"each behind one API": {func(*plan.Options) {}, []string{
			"api-big: 31s, 2048 MiB, routed, reserved 3",
			"api-send: 31s, 512 MiB, routed",
			"jobs-long: 15m0s, 512 MiB, url, sweeps",
			"pages-odd: 3s, 128 MiB, routed",
			"pages-slow: 1m1s, 512 MiB, routed",
			"pages-stream: 10m1s, 512 MiB, url, stream",
		}},
		"some with their own URLs": {func(o *plan.Options) { o.Functions, o.Front = o.Functions[:2], plan.URL }, []string{
			"api-big: 31s, 2048 MiB, url, reserved 3",
			"api-send: 31s, 512 MiB, url, sweeps",
		}},
		"all in one behind an API": {func(o *plan.Options) { o.Together = true }, []string{
			"yard: 15m0s, 2048 MiB, routed, url, sweeps",
		}},
		"all in one with a URL": {func(o *plan.Options) { o.Together, o.Front = true, plan.URL }, []string{
			"yard: 15m0s, 2048 MiB, url, stream, sweeps",
		}},
	} {
		if diff := cmp.Diff(tt.want, show(planOf(t, tt.change))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// On Lambda a unit opens fewer connections than others if its function's Spec says so.
func TestConns(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "", 1: "1", 2: "", 5: ""} {
		p := planOf(t, func(o *plan.Options) {
			o.Functions = o.Functions[1:2]
			o.Functions[0].Spec = fn.Endpoint{Route: "POST /api/send", Access: fn.Public, MaxConns: n}
		})
		for _, s := range p.Units[0].Settings(p.Settings(nil)) {
			if s.Name == "DATABASE_MAX_CONNS" && s.Value != want {
				t.Errorf("MaxConns of %d: got %q, want %q", n, s.Value, want)
			}
		}
	}
}

// A unit has the variables that its functions call for, and that mean something there.
func TestVars(t *testing.T) {
	t.Parallel()
	names := func(u plan.Unit) string {
		var all []string
		for _, v := range u.Vars {
			all = append(all, v.Name)
		}
		return strings.Join(all, " ")
	}
	closed, before := 0, planOf(t, func(*plan.Options) {})
	if got, want := names(before.Units[3]), "BETTER_AUTH_TRUSTED_ORIGINS BETTER_AUTH_URL HSTS LAMBDA_BASE_PATH LAMBDA_METRICS LOG_LEVEL"; got != want {
		t.Errorf("a page that needs nothing: got %s, want %s", got, want)
	}
	if got, want := names(before.Units[1]), "BETTER_AUTH_TRUSTED_ORIGINS BETTER_AUTH_URL DATABASE_MAX_CONNS DATABASE_UNPOOLED_URL DATABASE_URL HSTS LAMBDA_BASE_PATH LAMBDA_METRICS LOG_LEVEL"; got != want {
		t.Errorf("one with a database: got %s, want %s", got, want)
	}
	if got := names(before.Units[closed]); !strings.Contains(got, "BETTER_AUTH_SECRET ") {
		t.Errorf("a closed one: got %s", got)
	}
	behind := planOf(t, func(o *plan.Options) { o.Behind = true })
	if got := names(behind.Units[closed]); strings.Contains(got, "BETTER_AUTH_SECRET ") || !strings.Contains(got, "SMTP_URL") {
		t.Errorf("a closed one behind a router, which takes the place of the service that admits: got %s", got)
	}
	container := planOf(t, func(o *plan.Options) { o.Target = plan.Container })
	if got, want := names(container.Units[3]), "BETTER_AUTH_TRUSTED_ORIGINS BETTER_AUTH_URL CLIENT_IP_HEADER DRAIN_DELAY DRAIN_TIMEOUT HSTS LOG_FORMAT LOG_LEVEL MEMORY_LIMIT TRUSTED_PROXIES"; got != want {
		t.Errorf("a container: got %s, want %s", got, want)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	for name, tt := range map[string]struct {
		change func(*plan.Options)
		built  func(*plan.Plan)
		getenv func(string) string
		want   []string // what each begins with
	}{
		"each behind one API": {func(*plan.Options) {}, func(*plan.Plan) {}, none, []string{
			"api/big takes bodies of 20 MiB, and a request to Lambda holds 6 MB",
			"jobs/long may take 1h0m0s, and Lambda stops a call after 15 min",
			"pages/odd asks for 64 MiB of memory, and Lambda gives 128 to 10,240: change Memory; it gets 128",
			"pages/slow takes bodies of 5 MiB, and a request to Lambda holds 6 MB, but only 4.5 MB of binary data",
			"pages/slow may take 1m0s, and the HTTP API waits 30 s",
			"api/big may be called with cookies, and the HTTP API takes 10 KB of headers",
		}},
		"with their own URLs": {func(o *plan.Options) { o.Front, o.Functions = plan.URL, o.Functions[4:] }, func(*plan.Plan) {}, none, []string{
			"pages/slow takes bodies of 5 MiB",
		}},
		"a stream that is collected": {func(o *plan.Options) { o.Together, o.Functions = true, o.Functions[5:] }, func(*plan.Plan) {}, none, []string{
			"pages/stream may take 10m0s, and the HTTP API waits 30 s",
			"pages/stream streams, and the HTTP API collects an answer",
		}},
		"rates": {func(o *plan.Options) {
			r := fn.Rate{Limit: 20, Per: time.Second}
			o.Functions = []function.Function{
				{Name: "api/exact", Spec: fn.Page{Route: "GET /exact", Access: fn.Public, RateLimit: r}, Limits: o.Caller},
				{Name: "api/loose", Spec: fn.Page{Route: "GET /loose", Access: fn.Public, RateLimit: r}},
			}
		}, func(*plan.Plan) {}, none, []string{
			"api/loose has a RateLimit of 20 in 1s by caller, which each process keeps for itself",
		}},
		"rates behind a router": {func(o *plan.Options) {
			o.Behind = true
			o.Functions = []function.Function{
				{Name: "api/loose", Spec: fn.Page{Route: "GET /loose", Access: fn.Public, RateLimit: fn.Rate{Limit: 1}}},
			}
		}, func(*plan.Plan) {}, none, nil},
		"too big": {func(o *plan.Options) { o.Functions = o.Functions[1:2] }, func(p *plan.Plan) {
			p.Units[0].Size, p.Units[0].Unzipped = 51<<20, 251<<20
		}, none, []string{
			"api-send is a zip of 51 MiB, and Lambda takes 50 MB directly",
			"api-send has 251 MiB unzipped, and Lambda allows 250 MB: embed less",
		}},
		"a long environment": {
			func(o *plan.Options) { o.Functions = o.Functions[1:2] }, func(*plan.Plan) {},
			func(name string) string { return map[string]string{"LOG_LEVEL": strings.Repeat("x", 5000)}[name] },
			[]string{"api-send has an environment of about 5 KiB in "},
		},
		"many routes": {func(o *plan.Options) {
			odd := o.Functions[3]
			o.Functions = nil
			for i := range 151 {
				odd.Name, odd.Spec = fmt.Sprintf("pages/p%03d", i), fn.Page{Route: fmt.Sprintf("/p%d/", i), Access: fn.Public}
				o.Functions = append(o.Functions, odd)
			}
		}, func(*plan.Plan) {}, none, []string{"the HTTP API would have 302 routes, and AWS allows 300"}},
		"a long name": {func(o *plan.Options) {
			o.Functions = slices.Clone(o.Functions[1:2])
			o.Functions[0].Name = "api/" + strings.Repeat("long/", 12)
		}, func(*plan.Plan) {}, none, []string{"api-" + strings.Repeat("long-", 12) + " would be a Lambda whose name has 69 characters"}},
		"streams": {func(o *plan.Options) {
			job := o.Functions[2]
			job.Spec = fn.Job{From: []fn.Source{
				fn.Kinesis{Stream: "clicks"}, fn.DynamoDB{Table: "items"}, fn.Kinesis{Stream: "taps", Failures: "sqs:failed"},
			}}
			o.Functions = []function.Function{job}
		}, func(*plan.Plan) {}, none, []string{
			"jobs/long reads the stream of kinesis/clicks and has no Failures", "jobs/long reads the stream of dynamodb/items and has no Failures",
		}},
		"a container": {func(o *plan.Options) { o.Target = plan.Container }, func(*plan.Plan) {}, none, nil},
	} {
		plan := planOf(t, tt.change)
		tt.built(&plan)
		got := plan.Warnings(tt.getenv)
		if len(got) != len(tt.want) {
			t.Errorf("%s: got %d warnings, want %d:\n%s", name, len(got), len(tt.want), strings.Join(got, "\n"))
			continue
		}
		for i, want := range tt.want {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%s: got %q, want %q", name, got[i], want)
			}
		}
	}
}
