package apart

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

// named returns functions with these names; one that ends with ! says Apart.
func named(names ...string) []function.Function {
	var all []function.Function
	for _, name := range names {
		name, apart := strings.CutSuffix(name, "!")
		all = append(all, function.Function{Name: name, Spec: fn.Page{Apart: apart}})
	}
	return all
}

func TestPlan(t *testing.T) {
	t.Parallel()
	all := named("api/a/one", "api/a/two!", "api/b", "jobs/c!", "jobs/d", "jobs/far!")
	elsewhere := func(name string) bool { return name == "jobs/far" }
	for patterns, want := range map[string]string{
		"":                    "api/a/two: api/a/two; jobs/c: jobs/c",
		"api/a/**":            "api/a/**: api/a/one api/a/two; jobs/c: jobs/c",
		"api/b api/** jobs/c": "api/b: api/b; api/**: api/a/one api/a/two; jobs/c: jobs/c",
		"pages/**":            "api/a/two: api/a/two; jobs/c: jobs/c",
		"api/** api/b":        `error: "api/b" is to run apart, and "api/**" before it takes all that it matches`,
		"jobs/**":             `error: "jobs/**" is to run apart, and SWITCHYARD_REMOTE says that jobs/far runs elsewhere`,
	} {
		groups, err := Plan(all, strings.Fields(patterns), elsewhere)
		var got []string
		for _, g := range groups {
			got = append(got, g.Name+": "+strings.Join(g.names(), " "))
		}
		if err != nil {
			got = []string{"error: " + err.Error()}
		}
		if text := strings.Join(got, "; "); !strings.HasPrefix(text, want) || (err == nil && text != want) {
			t.Errorf("%q: %s, want %s", patterns, text, want)
		}
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		time.AfterFunc(patience/2, func() { g.set(true) })
		if err := g.wait(t.Context()); err != nil {
			t.Errorf("it opened, but %v", err)
		}
		g.set(false)
		began := time.Now()
		if err := g.wait(t.Context()); !errors.Is(err, errDown) || time.Since(began) != patience {
			t.Errorf("shut: %v after %s", err, time.Since(began))
		}
		if err := g.wait(t.Context()); !errors.Is(err, errDown) || time.Since(began) != patience {
			t.Errorf("shut for long: %v after %s", err, time.Since(began))
		}
		g.set(true)
		g.set(false)
		ctx, cancel := context.WithTimeout(t.Context(), patience/2)
		defer cancel()
		if err := g.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call that ends: %v", err)
		}
	})
}

func TestOutput(t *testing.T) {
	t.Parallel()
	var passed, printed []string
	dropped := 0
	o := &output{
		pass:    func(line []byte) { passed = append(passed, string(line)) },
		printed: func(text string) { printed = append(printed, text) },
		dropped: func(n int) { dropped += n },
	}
	const line = `{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"a"}`
	for _, text := range []string{line[:10], line[10:] + "\nfatal", " error: x\n" + line + "\n", strings.Repeat("y", 2*maxLine) + "\n", "end"} {
		if n, err := o.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	last := o.end()
	if diff := cmp.Diff([]string{line, line}, passed); diff != "" {
		t.Errorf("passed on (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(last, "fatal error: x\nyyyy") || len(last) > maxPrint+1 || printed != nil || o.end() != "" {
		t.Errorf("%d bytes, %q", len(last), printed)
	}
	for range 2 * maxLines {
		_, _ = o.Write([]byte(line + "\n"))
	}
	if o.end(); len(passed) > maxLines || dropped != 2*maxLines+2-len(passed) {
		t.Errorf("%d were passed on, and %d dropped", len(passed), dropped)
	}
}

// TestOutputTrace wants the trace of a process to be kept whatever it printed before.
func TestOutputTrace(t *testing.T) {
	t.Parallel()
	const trace = "runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort\n\ngoroutine 7 [running]:"
	var printed []string
	o := &output{printed: func(text string) { printed = append(printed, text) }}
	for range 100 {
		_, _ = o.Write([]byte(strings.Repeat("y", maxPrint/10) + "\n"))
	}
	_, _ = o.Write([]byte(trace))
	if last := o.end(); last != trace || len(printed) != 1 || len(printed[0]) < maxPrint/2 {
		t.Errorf("kept %.100q, and told %d times of what was printed", last, len(printed))
	}
}

// TestOutputSlow wants a process that prints without end to be read slowly.
func TestOutputSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &output{printed: func(string) {}}
		began := time.Now()
		for range 32 {
			_, _ = o.Write([]byte(strings.Repeat("\n", maxRead/lineCost/8)))
		}
		if o.end(); time.Since(began) != 3*readMoment {
			t.Errorf("four times as much as in a moment was read in %s", time.Since(began))
		}
	})
}

func TestExit(t *testing.T) {
	t.Parallel()
	g := Group{Name: "api/**", Functions: named("api/a", "api/b")}
	const trace = "panic: it\nbroke\n\nruntime stack:\nmore\n\ngoroutine 7 [running]:\nshop/functions/api/b.Function.Handle()\n\ngoroutine 8 [select]:\nshop/functions/api/a.Function.Handle()\n"
	e := newExit(g, nil, trace, []string{"api/a", "api/b"})
	if e.function != "api/b" || e.why != "panic: it" || strings.Contains(e.trace, "goroutine 8") || !strings.Contains(e.trace, "Handle()") {
		t.Errorf("%+v", e)
	}
	if e := newExit(g, nil, "runtime/cgo: it failed\nSIGABRT: abort\n", nil); e.why != "runtime/cgo: it failed" {
		t.Errorf("%+v", e)
	}
	if e := newExit(g, nil, "", []string{"api/a"}); e.function != "api/a" || e.why != "" {
		t.Errorf("%+v", e)
	}
	if e := newExit(g, nil, "", []string{"api/a", "api/b"}); e.function != "" {
		t.Errorf("%+v", e)
	}
}
