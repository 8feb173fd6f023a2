package watchdog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/router/internal/watchdog"
)

const every = time.Millisecond

// inTurn returns a check that fails as told, round by round, and is well from then on.
func inTurn(fails ...bool) func(context.Context) error {
	round := 0
	return func(context.Context) error {
		round++
		if round <= len(fails) && fails[round-1] {
			return errors.New("it is stuck")
		}
		return nil
	}
}

// TestRun ends the process if a reason holds without a gap for its time, and says so in one
// line.
func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log, stacks bytes.Buffer
		status, rounds := 0, 0
		watchdog.Run(t.Context(), watchdog.Config{
			Every: every, Logger: slog.New(slog.NewTextHandler(&log, nil)), Stderr: &stacks,
			Exit: func(s int) { status = s },
			Checks: []watchdog.Check{
				{Name: "other", For: 3 * every, Fails: inTurn(true, true, false, true, true, false)}, // never three rounds in a row
				{Name: "the pool is stuck", For: 6 * every, Fails: func(context.Context) error {
					if rounds++; rounds == 4 {
						return nil // it begins anew
					}
					return errors.New("nobody gets a connection")
				}},
			},
		})
		if status != 1 || rounds != 10 {
			t.Errorf("it ended with status %d after %d rounds, want 1 and 10", status, rounds)
		}
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `reason="the pool is stuck" for=6ms error="nobody gets a connection"`) {
			t.Errorf("the log says\n%s", got)
		}
		if got := stacks.String(); !strings.Contains(got, "goroutine ") || !strings.Contains(got, "TestRun") || len(got) > 300<<10 {
			t.Errorf("%d bytes of stacks:\n%.500s", len(got), got)
		}
	})
}

// TestDraining does not end a process that is told to stop.
func TestDraining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		rounds := 0
		watchdog.Run(ctx, watchdog.Config{
			Every: every, Logger: slog.New(slog.DiscardHandler),
			Exit: func(int) { t.Error("it ended the process") },
			Checks: []watchdog.Check{{For: 5 * every, Fails: func(context.Context) error {
				if rounds++; rounds == 5 {
					stop()
				}
				return errors.New("stuck")
			}}},
		})
	})
}

// hangs is an output that nobody reads.
type hangs struct{ never chan struct{} }

func (h hangs) Write([]byte) (int, error) {
	<-h.never
	return 0, io.ErrClosedPipe
}

// TestNobodyReads ends the process all the same.
func TestNobodyReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := hangs{make(chan struct{})}
		defer close(out.never)
		ended := false
		watchdog.Run(t.Context(), watchdog.Config{
			Every: every, Logger: slog.New(slog.NewTextHandler(out, nil)), Stderr: out,
			Exit:   func(int) { ended = true },
			Checks: []watchdog.Check{{Fails: inTurn(true)}},
		})
		if !ended {
			t.Error("it did not end the process")
		}
	})
}

func TestSilent(t *testing.T) {
	t.Parallel()
	var answer atomic.Int32 // the status; 0 is none
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := answer.Load(); status != 0 {
			w.WriteHeader(int(status))
			return
		}
		<-r.Context().Done()
	}))
	defer server.Close()
	nowhere := httptest.NewServer(nil)
	nowhere.Close()
	if err := watchdog.Silent(nowhere.URL, time.Minute)(t.Context()); err != nil {
		t.Errorf("before the first answer: %v", err)
	}
	check := watchdog.Silent(server.URL, 2*time.Second)
	answer.Store(http.StatusServiceUnavailable) // it is busy
	if err := check(t.Context()); err != nil {
		t.Errorf("an answer: %v", err)
	}
	answer.Store(0)
	if check(t.Context()) == nil {
		t.Error("no answer is well")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := check(ctx); err != nil {
		t.Errorf("while stopping: %v", err)
	}
	answer.Store(http.StatusOK)
	if err := check(t.Context()); err != nil {
		t.Errorf("an answer again: %v", err)
	}
	server.Listener.Close()
	if err := check(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refused: %v", err)
	}
}

func TestExhausted(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		&net.OpError{Err: fmt.Errorf("socket: %w", syscall.EMFILE)}: true,
		syscall.ECONNREFUSED:     false,
		context.DeadlineExceeded: false,
	} {
		if got := watchdog.Exhausted(err); got != want {
			t.Errorf("%v: %t", err, got)
		}
	}
}
