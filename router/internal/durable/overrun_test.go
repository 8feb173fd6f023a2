package durable_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/step"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/fn"
)

// stubborn is a host with jobs that take no notice of their timeout until they are released. It is
// for a bubble of package synctest: on a busy machine their timeout may be over before they begin.
type stubborn struct {
	host    *durable.Host
	set     overrun.Set
	log     durabletest.SyncBuffer
	tally   durabletest.Tally
	release func()
}

func newStubborn(t *testing.T) *stubborn {
	t.Helper()
	s, over := &stubborn{}, make(chan struct{})
	s.release = sync.OnceFunc(func() { close(over) })
	t.Cleanup(s.release)
	spec := fn.Job{Events: []string{"test/e"}, Timeout: 20 * time.Millisecond}
	var err error
	s.host, err = durable.New(durable.Config{
		Functions: []function.Function{
			durabletest.NewJob("jobs/step", spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
				_, err := step.Run(ctx, "convert", func(context.Context) (int, error) {
					<-over
					s.tally.Add("convert")
					return 1, nil
				})
				s.tally.Add("after")
				return nil, err
			}),
			durabletest.NewJob("jobs/code", spec, func(context.Context, *durabletest.Input) (*durabletest.Output, error) {
				<-over
				panic("hunter2")
			}),
			durabletest.NewJob("jobs/fine", spec, durabletest.Count(&s.tally)),
		},
		Jobs: durabletest.Production(t), Overrun: &s.set, Logger: slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	durabletest.Must(t, err)
	return s
}

// call makes a call as Inngest does. No two are alike.
func (s *stubborn) call(t *testing.T, job, key string) (status int, body, again string) {
	t.Helper()
	text := strings.Replace(callBody(key), `"run_id":"01"`, fmt.Sprintf(`"run_id":%q`, job), 1)
	res := durabletest.Call(t, s.host.Handler(), "POST", targetOf(job, "step"), text, raw(durabletest.SigningKey, text, 0))
	return res.Code, res.Body.String(), res.Header().Get(inngestgo.HeaderKeyRetryAfter)
}

// TestOverrun wants a call to be answered as one to be tried again whose function takes no
// notice of its timeout, in a step or between two.
func TestOverrun(t *testing.T) {
	t.Parallel()
	for job, told := range map[string]string{"step": "step=convert", "code": "bound=16"} {
		t.Run(job, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { overruns(t, job, told) })
		})
	}
}

func overruns(t *testing.T, job, told string) {
	t.Helper()
	s := newStubborn(t)
	status, body, _ := s.call(t, job, "a")
	if status != http.StatusInternalServerError || !strings.Contains(body, "it took longer than its timeout of 20ms, and does not stop") {
		t.Errorf("got %d %s", status, body)
	}
	calls := s.set.Calls("jobs/"+job, 0)
	if calls.Lost() != 1 || calls.Overruns() != 1 {
		t.Errorf("%d lost, %d overruns", calls.Lost(), calls.Overruns())
	}
	s.release()
	if synctest.Wait(); calls.Lost() > 0 {
		t.Fatal("the call is lost for ever")
	}
	if status, _, _ := s.call(t, "fine", "b"); status != http.StatusOK {
		t.Errorf("another job: %d", status)
	}
	if n := s.tally.Get("after"); n > 0 {
		t.Error("the function went on after its step")
	}
	log := s.log.String()
	for _, want := range []string{
		"a call went past its timeout and was given up, but still runs", "function=jobs/" + job, told, "outcome=retry", "a call that was given up has ended",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not tell %q:\n%s", want, log)
		}
	}
}

// TestOverrunCircuit wants a job with too many lost calls to take no more until they have
// ended, and others to go on.
func TestOverrunCircuit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStubborn(t)
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				if status, body, _ := s.call(t, "step", fmt.Sprint(i)); status != http.StatusInternalServerError {
					t.Errorf("got %d %s", status, body)
				}
			})
		}
		all.Wait()
		status, body, again := s.call(t, "step", "more")
		at, err := time.Parse(time.RFC3339, again)
		if status != http.StatusServiceUnavailable || err != nil || time.Until(at) < 30*time.Second || !strings.Contains(body, "still running here") {
			t.Errorf("with too many lost calls: %d %s, again at %q", status, body, again)
		}
		if status, body, _ := s.call(t, "fine", "a"); status != http.StatusOK {
			t.Errorf("another job: %d %s", status, body)
		}
		s.release()
		synctest.Wait()
		if status, body, _ := s.call(t, "step", "last"); status != http.StatusPartialContent {
			t.Errorf("when they have ended: %d %s", status, body)
		}
	})
}
