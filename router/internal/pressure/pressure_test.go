package pressure_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/router/internal/pressure"
	"switchyard/router/internal/pressure/testdata/functions/api/hog"
	"switchyard/router/internal/pressure/testdata/functions/api/modest"
)

const (
	limit = 64 << 20
	much  = 58 << 20
	some  = 2 << 20
)

var functions = []string{"api/hog", "api/modest"} //nolint:gochecknoglobals // a constant, were it no list

// watching is a watch that runs, and what it does: "shut api/hog", and then "open api/hog".
type watching struct {
	*pressure.Watch
	events chan string
	log    bytes.Buffer // to be read when it has stopped
	stop   func()
}

func watch(t *testing.T, c pressure.Config) *watching {
	t.Helper()
	events := make(chan string, 8)
	w := &watching{events: events}
	c.Functions, c.Every, c.Least = functions, 10*time.Millisecond, time.Millisecond
	c.Shut = func(function string) { events <- "shut " + function }
	c.Open = func(function string) { events <- "open " + function }
	c.Logger = slog.New(slog.NewTextHandler(&w.log, nil))
	w.Watch = pressure.New(c)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.Run(ctx) }()
	w.stop = func() { stop(); <-ended }
	t.Cleanup(w.stop)
	return w
}

// TestHog has one function hold nearly all memory, and another one a little: the first is
// refused, until it has let go of it. The memory is the process's, so that nothing else
// may run.
func TestHog(t *testing.T) { //nolint:paralleltest // see above
	w := watch(t, pressure.Config{Limit: limit})
	little := modest.Handle(some)
	f := &hog.Function{}
	defer runtime.KeepAlive(f)
	f.Handle(much)
	if got := w.next(t); got != "shut api/hog" {
		t.Errorf("got %s", got)
	}
	if got := w.Refused(); got != "api/hog" {
		t.Errorf("refused is %q", got)
	}
	if now := pressure.Now(); now.Used < much || now.Needed < much {
		t.Errorf("in use: %+v", now)
	}
	runtime.KeepAlive(little)
	f.Held = nil
	if got := w.next(t); got != "open api/hog" {
		t.Errorf("got %s", got)
	}
	w.Times(func(function string, times int) {
		if want := map[string]int{"api/hog": 1}[function]; times != want {
			t.Errorf("%s was refused %d times, want %d", function, times, want)
		}
	})
	w.stop()
	if got := w.log.String(); strings.Count(got, "\n") > 2 || !strings.Contains(got, "function=api/hog held=") {
		t.Errorf("the log says\n%s", got)
	}
}

// TestNobodyStandsOut holds the memory outside of functions: none is refused.
func TestNobodyStandsOut(t *testing.T) { //nolint:paralleltest // the memory is the process's
	w := watch(t, pressure.Config{Limit: limit})
	mine, little := make([]byte, much), modest.Handle(some)
	select {
	case got := <-w.events:
		t.Errorf("got %s", got)
	case <-time.After(500 * time.Millisecond):
	}
	runtime.KeepAlive(mine)
	runtime.KeepAlive(little)
}

// TestNoLimit watches nothing.
func TestNoLimit(t *testing.T) { //nolint:paralleltest // the memory is the process's
	w := watch(t, pressure.Config{})
	f := &hog.Function{}
	f.Handle(much)
	w.Run(t.Context()) // returns
	if len(w.events) > 0 {
		t.Errorf("got %s", <-w.events)
	}
	runtime.KeepAlive(f)
}

func (w *watching) next(t *testing.T) string {
	t.Helper()
	select {
	case e := <-w.events:
		return e
	case <-time.After(await.Patience):
		t.Fatal("nothing happened")
		return ""
	}
}
