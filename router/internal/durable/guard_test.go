package durable_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/inngest/inngestgo/step"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

const otherKey = "fedcba9876543210"

// raw signs the very bytes of a body, as Inngest's server does.
func raw(key, body string, age time.Duration) string {
	at := time.Now().Add(-age).Unix()
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = fmt.Fprintf(mac, "%s%d", body, at)
	return fmt.Sprintf("t=%d&s=%s", at, hex.EncodeToString(mac.Sum(nil)))
}

// TestGuard makes requests of every kind, and expects that what is refused runs
// nothing, is counted, and is told to the log without secrets.
func TestGuard(t *testing.T) {
	t.Parallel()
	other := targetOf("other", "step")
	body := callBody("a")
	var indented bytes.Buffer
	durabletest.Must(t, json.Indent(&indented, []byte(body), "", "  "))
	// Half of a pair of surrogates has no canonical form.
	half := strings.Replace(body, `"key":"a"`, `"key":"\ud800"`, 1)
	invoked := strings.ReplaceAll(body, `"data":{"key":"a"},"name":"test/e"`,
		`"data":{"_inngest":{"fn_id":"`+durabletest.Slug("jobs-task")+`"},"key":"a"},"name":"inngest/function.invoked"`)
	timer := strings.ReplaceAll(body, `"data":{"key":"a"},"name":"test/e"`, `"data":{"cron":"0 6 * * *"},"name":"inngest/scheduled.timer"`)
	later := strings.ReplaceAll(timer, "0 6", "0 7")
	going := strings.Replace(later, `"attempt":0`, `"attempt":1`, 1)
	clock := durable.Path + "?fnId=" + durabletest.Slug("jobs-clock")
	tests := []struct {
		name, method, target, body, signature string
		want                                  int
		reason                                string // "": it is not refused by us
		runs                                  int
	}{
		{"signed", "POST", "", body, raw(durabletest.SigningKey, body, 0), 200, "", 1},
		{"signed, in another form", "POST", "", indented.String(), durabletest.Sign(t, durabletest.SigningKey, body, 0), 200, "", 1},
		{"signed with the fallback key", "POST", "", body, raw(otherKey, body, 0), 200, "", 1},
		{"by a clock that is a little ahead", "POST", "", body, raw(durabletest.SigningKey, body, -10*time.Second), 200, "", 1},
		{"four minutes old", "POST", "", body, raw(durabletest.SigningKey, body, 4*time.Minute), 200, "", 1},
		{"invoked", "POST", "", invoked, raw(durabletest.SigningKey, invoked, 0), 200, "", 1},
		{"a schedule", "POST", clock, timer, raw(durabletest.SigningKey, timer, 0), 200, "", 1},
		{"a schedule that began at another time", "POST", clock, going, raw(durabletest.SigningKey, going, 0), 200, "", 1},

		{"unsigned", "POST", "", body, "", 401, "unsigned", 0},
		{"garbage", "POST", "", body, "garbage", 401, "malformed", 0},
		{"no number", "POST", "", body, "t=now&s=00", 401, "malformed", 0},
		{"no hexadecimal", "POST", "", body, fmt.Sprintf("t=%d&s=xyz", time.Now().Unix()), 401, "malformed", 0},
		{"in another form", "POST", "", body, strings.ToUpper(raw(durabletest.SigningKey, body, 0)), 401, "malformed", 0},
		{"with more", "POST", "", body, raw(durabletest.SigningKey, body, 0) + "&x=1", 401, "malformed", 0},
		{"another key", "POST", "", body, raw("ffff", body, 0), 401, "forged", 0},
		{"tampered", "POST", "", callBody("b"), raw(durabletest.SigningKey, body, 0), 401, "forged", 0},
		{"expired", "POST", "", body, raw(durabletest.SigningKey, body, 6*time.Minute), 401, "expired", 0},
		{"from the future", "POST", "", body, raw(durabletest.SigningKey, body, -time.Hour), 401, "future", 0},
		{"no canonical form, with an empty body's signature", "POST", "", half, raw(durabletest.SigningKey, "", 0), 401, "forged", 0},
		{"no JSON, with an empty body's signature", "POST", "", "event=1", raw(durabletest.SigningKey, "", 0), 401, "forged", 0},
		{"no JSON", "POST", "", "event=1", raw(durabletest.SigningKey, "event=1", 0), 400, "not_json", 0},
		{"too large", "POST", "", strings.Repeat(" ", 17<<20), "", 413, "too_large", 0},
		{"no such function", "POST", durable.Path + "?fnId=" + durabletest.Slug("jobs-gone"), body, raw(durabletest.SigningKey, body, 0), 410, "unknown_function", 0},
		{"a function by half its name", "POST", durable.Path + "?fnId=jobs-task", body, raw(durabletest.SigningKey, body, 0), 410, "unknown_function", 0},
		{"another function", "POST", other, body, raw(durabletest.SigningKey, body, 0), 401, "misdirected", 0},
		{"another function, invoked", "POST", other, invoked, raw(durabletest.SigningKey, invoked, 0), 401, "misdirected", 0},
		{"a schedule of another time", "POST", clock, later, raw(durabletest.SigningKey, later, 0), 401, "misdirected", 0},
		{"a schedule's call for a job", "POST", "", timer, raw(durabletest.SigningKey, timer, 0), 401, "misdirected", 0},

		{"unsigned registration", "PUT", "", `{"url":"https://evil.example"}`, "", 401, "unsigned", 0},
		{"expired registration", "PUT", "", `{"url":"https://x"}`, raw(durabletest.SigningKey, `{"url":"https://x"}`, time.Hour), 401, "expired", 0},
		{"signed registration", "PUT", "", `{"url":"https://x"}`, raw(durabletest.SigningKey, `{"url":"https://x"}`, 0), 200, "", 0},
		{"unsigned inspection", "GET", "", "", "", 401, "unsigned", 0},
		{"inspection from the future", "GET", "", "", raw(durabletest.SigningKey, "", -time.Hour), 401, "future", 0},
		{"signed inspection", "GET", "", "", raw(durabletest.SigningKey, "", 0), 200, "", 0},
		{"unsigned probe", "POST", durable.Path + "?probe=trust", "", "", 401, "unsigned", 0},
		{"signed probe", "POST", durable.Path + "?probe=trust", "", raw(durabletest.SigningKey, "", 0), 200, "", 0},
		{"DELETE", "DELETE", "", "", "", 405, "", 0},
		{"HEAD", "HEAD", "", "", "", 405, "", 0},
		{"OPTIONS", "OPTIONS", "", "", "", 405, "", 0},
		{"PATCH, signed", "PATCH", "", body, raw(durabletest.SigningKey, body, 0), 405, "", 0},
	}
	for _, tt := range tests { //nolint:paralleltest // signatures would grow old while it waits for its turn
		t.Run(tt.name, func(t *testing.T) {
			h := newGuarded(t)
			if tt.target == "" {
				tt.target = callTarget()
			}
			res := durabletest.Call(t, h, tt.method, tt.target, tt.body, tt.signature)
			if res.Code != tt.want {
				t.Errorf("got %d %s, want %d", res.Code, res.Body, tt.want)
			}
			h.check(tt.reason, tt.runs)
		})
	}
}

// guarded is a host with three functions, which counts what they do.
type guarded struct {
	http.Handler
	t    *testing.T
	host *durable.Host
	c    *durabletest.Tally
	log  *durabletest.SyncBuffer
}

func newGuarded(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{t: t, c: &durabletest.Tally{}, log: &durabletest.SyncBuffer{}}
	ran := func(_ context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		g.c.Add("runs")
		return &durabletest.Output{Sum: int(in.N)}, nil
	}
	jobs := durabletest.Production(t)
	jobs.SigningKeyFallback = config.Secret(otherKey)
	var err error
	g.host, err = durable.New(durable.Config{
		Functions: []function.Function{
			durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, ran),
			durabletest.NewJob("jobs/twin", fn.Job{Events: []string{"test/e"}}, ran),
			durabletest.NewJob("jobs/other", fn.Job{Events: []string{"test/other"}}, ran),
			durabletest.Schedule("jobs/clock", fn.Schedule{Cron: "0 6 * * *"}, func(context.Context) error {
				g.c.Add("runs")
				return nil
			}),
		},
		Jobs: jobs, Logger: slog.New(slog.NewTextHandler(g.log, nil)),
	})
	durabletest.Must(t, err)
	g.Handler = g.host.Handler()
	return g
}

// check expects one refusal, or none if reason is "", and so many runs.
func (g *guarded) check(reason string, runs int) {
	g.t.Helper()
	want := map[string]float64{}
	if reason != "" {
		want[reason] = 1
	}
	if diff := cmp.Diff(want, refusals(g.t, g.host)); diff != "" {
		g.t.Errorf("what was refused (-want +got):\n%s", diff)
	}
	if got := g.c.Get("runs"); got != runs {
		g.t.Errorf("functions ran %d times, want %d", got, runs)
	}
	if log := g.log.String(); strings.Contains(log, "refused") != (reason != "") || strings.Contains(log, durabletest.SigningKey) || strings.Contains(log, "&s=") {
		g.t.Errorf("the log says:\n%s", log)
	}
}

// refusals returns what the host has counted, by its reason.
func refusals(t *testing.T, host *durable.Host) map[string]float64 {
	t.Helper()
	counts := map[string]float64{}
	for _, m := range shown(t, host)["switchyard_jobs_refused_total"] {
		counts[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
	}
	return counts
}

// shown returns what a scrape of the host shows, by name.
func shown(t *testing.T, host *durable.Host) map[string][]*dto.Metric {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(host.Collectors()...)
	families, err := registry.Gather()
	durabletest.Must(t, err)
	all := map[string][]*dto.Metric{}
	for _, f := range families {
		all[f.GetName()] = f.GetMetric()
	}
	return all
}

// TestReplay repeats calls that were signed once.
func TestReplay(t *testing.T) {
	t.Parallel()
	body := callBody("a")
	signature := raw(durabletest.SigningKey, body, 0)
	numbered := strings.Replace(body, `"run_id"`, `"request_id":"01HX","run_id"`, 1)
	step := targetOf("task", "")
	for name, tt := range map[string]struct {
		body    string
		targets []string // after the first, which is callTarget
		want    []int
	}{
		"again":                                 {numbered, []string{callTarget(), callTarget()}, []int{401, 401}},
		"again for another step":                {numbered, []string{step + "abc"}, []int{401}},
		"again without a number":                {body, []string{callTarget()}, []int{401}},
		"parallel steps without numbers":        {body, []string{step + "abc", step + "def"}, []int{200, 200}},
		"again for another function of its own": {body, []string{strings.Replace(callTarget(), "task", "twin", 1)}, []int{401}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGuarded(t)
			signature := signature
			if tt.body != body {
				signature = raw(durabletest.SigningKey, tt.body, 0)
			}
			if res := durabletest.Call(t, h, "POST", callTarget(), tt.body, signature); res.Code != 200 {
				t.Fatalf("first: %d %s", res.Code, res.Body)
			}
			for i, target := range tt.targets {
				if res := durabletest.Call(t, h, "POST", target, tt.body, signature); res.Code != tt.want[i] {
					t.Errorf("%s: got %d %s, want %d", target, res.Code, res.Body, tt.want[i])
				}
			}
		})
	}
}

// TestRunOfAnotherFunction has replicas that have not seen the run: only the ledger
// tells them whose it is.
func TestRunOfAnotherFunction(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	c := &durabletest.Tally{}
	replica := func(event string) *tracked {
		host, err := durable.New(durable.Config{
			Functions: []function.Function{
				durabletest.NewJob("jobs/task", fn.Job{Events: []string{event}}, durabletest.Count(c)),
				durabletest.NewJob("jobs/twin", fn.Job{Events: []string{event}}, durabletest.Count(c)),
			},
			Jobs: durabletest.Production(t), Ledger: ledger.New(d), Logger: durabletest.Log(t),
		})
		durabletest.Must(t, err)
		return &tracked{host, t, d}
	}
	ids := []string{"0190e2a4-1111-7000-8000-000000000001"}
	replica("test/e").serve(calling{run: "01", ids: ids})
	if res := replica("test/e").serve(calling{run: "01", ids: ids, function: "twin"}); c.Get("k") != 1 {
		t.Errorf("the other function ran: %d %s", res.Code, res.Body)
	}
	// A release that listens to another event goes on with a run that has begun.
	if res := replica("test/new").serve(calling{run: "01", ids: ids}); res.Code != 200 || c.Get("k") != 2 {
		t.Errorf("a newer release: %d %s", res.Code, res.Body)
	}
	if res := replica("test/new").serve(calling{run: "02", ids: ids}); res.Code != 401 {
		t.Errorf("a newer release, with a run that has not begun: %d %s", res.Code, res.Body)
	}
}

// TestCallsAreCounted makes a call of each outcome.
func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	h := newTracked(t, durabletest.NewJob("jobs/task", fn.Job{Events: []string{"test/e"}}, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		err := map[int64]error{1: errors.New("no"), 2: fault.Permanent(errors.New("no"))}[in.N%10]
		if in.N > 10 {
			_, err = step.Run(ctx, "step", func(context.Context) (int, error) { return 0, err })
		}
		return nil, err
	}))
	ids := []string{"0190e2a4-1111-7000-8000-000000000001"}
	h.serve(calling{run: "01", ids: ids})
	h.serve(calling{run: "02", ids: ids})
	h.serve(calling{run: "03", ids: []string{"01HX"}, n: 1})
	h.serve(calling{run: "04", ids: []string{"01HX"}, n: 2})
	h.serve(calling{run: "05", ids: []string{"01HX"}, n: 10 + 1})
	h.serve(calling{run: "06", ids: []string{"01HX"}, n: 10 + 2})
	got := map[string]uint64{}
	for _, m := range shown(t, h.Host)["switchyard_jobs_call_duration_seconds"] {
		got[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()] += m.GetHistogram().GetSampleCount()
	}
	want := map[string]uint64{"jobs/task ok": 1, "jobs/task skipped": 1, "jobs/task retry": 2, "jobs/task failed": 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
