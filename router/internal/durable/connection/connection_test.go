package connection_test

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/internal/await"
	"switchyard/internal/stack"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fn"
)

// TestConnectAgain stops the server, which forgets everything, and starts it again. The
// SDK alone would not connect any more.
func TestConnectAgain(t *testing.T) {
	t.Parallel()
	port, err := stack.FreePort()
	durabletest.Must(t, err)
	c := &durabletest.Tally{}
	s, server := durabletest.StartAt(t, port)
	s.Connect(t, dbtest.New(t), durabletest.Steps("jobs/steps", c)...)
	s.Send(map[string]any{"name": "test/steps", "data": map[string]any{"n": 1}})
	await.That(t, "a job runs", func() bool { return c.Get("three") == 1 })
	_ = server.Stop() // if it had to be killed it is as gone
	s, _ = durabletest.StartAt(t, port)
	await.That(t, "the functions are registered again", s.HasFunctions)
	s.Send(map[string]any{"name": "test/steps", "data": map[string]any{"n": 1}})
	await.That(t, "a job runs again", func() bool { return c.Get("three") == 2 })
}

// TestConnectDrains stops a host while a step runs, for longer than the SDK would wait.
// The next host goes on after that step. On a busy machine Inngest may give a step up
// whose host leaves just when it has taken it, and make it again: not each time.
func TestConnectDrains(t *testing.T) {
	t.Parallel()
	s, d := durabletest.StartDev(t), dbtest.New(t)
	for range 3 {
		if drains(t, s, d) == 1 {
			return
		}
	}
	t.Error("whenever a host left, its last step was made again")
}

// drains stops a host while the second step of a run goes on, and returns how often the step ran
// when another host has ended the run.
func drains(t *testing.T, s *durabletest.Server, d *db.DB) int {
	t.Helper()
	const long = 7 * time.Second
	c := &durabletest.Tally{}
	work := durabletest.NewJob("jobs/work", fn.Job{Events: []string{"test/work"}}, func(ctx context.Context, in *durabletest.Input) (*durabletest.Output, error) {
		if _, err := durabletest.CountedStep(ctx, c, "first"); err != nil {
			return nil, err
		}
		_, err := durabletest.SlowStep(ctx, c, "second", long)
		return &durabletest.Output{Sum: int(in.N)}, err
	})
	disconnect := s.Connect(t, d, work)
	id := uuid.NewString()
	s.Send(map[string]any{"id": id, "name": "test/work", "data": map[string]any{"n": 1}})
	await.That(t, "the step runs", func() bool { return c.Get("second") == 1 })
	disconnect()
	if c.Get("second done") != 1 {
		t.Error("the host stopped before its step was done")
	}
	defer s.Connect(t, d, work)()
	await.That(t, "the run ends", func() bool {
		all := durabletest.LedgerRows(t, d, id)
		return len(all) == 1 && all[0].Outcome == "done"
	})
	if first := c.Get("first"); first != 1 {
		t.Errorf("the first step ran %d times", first)
	}
	return c.Get("second")
}

// TestConnectWithTheOtherKey has a server of production, which knows the fallback key
// only.
func TestConnectWithTheOtherKey(t *testing.T) {
	t.Parallel()
	s, c := durabletest.StartProduction(t), &durabletest.Tally{}
	jobs := s.Jobs()
	jobs.SigningKey, jobs.SigningKeyFallback = "ffff", jobs.SigningKey
	connected := durabletest.NewConnector(t, jobs, durabletest.Drain, dbtest.New(t), durabletest.Steps("jobs/steps", c)...)
	durabletest.Running(t, connected)
	durabletest.Within(t, "the functions are registered", connected.Registered())
	s.AwaitRun(s.Send(map[string]any{"name": "test/steps", "data": map[string]any{"n": 1}}))
	if n := c.Get("three"); n != 1 {
		t.Errorf("the last step ran %d times", n)
	}
}

// TestConnectFrozen has a server that does not answer any more, and a step whose answer
// nobody takes: that must not keep the process from stopping.
func TestConnectFrozen(t *testing.T) {
	t.Parallel()
	s, server := durabletest.StartAt(t, 0)
	c := &durabletest.Tally{}
	work := durabletest.NewJob("jobs/work", fn.Job{Events: []string{"test/work"}}, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		_, err := durabletest.SlowStep(ctx, c, "step", time.Second)
		return &durabletest.Output{}, err
	})
	connected := durabletest.NewConnector(t, s.Jobs(), 12*time.Second, nil, work)
	disconnect := durabletest.Running(t, connected)
	durabletest.Within(t, "the functions are registered", connected.Registered())
	s.Send(map[string]any{"name": "test/work", "data": map[string]any{"n": 1}})
	await.That(t, "the step runs", func() bool { return c.Get("step") == 1 })
	server.Signal(syscall.SIGSTOP)
	disconnect()
	if c.Get("step done") != 1 {
		t.Error("the host stopped before its step was done")
	}
}

// TestConnectToNobody has a server that never answers, and one that hangs up.
func TestConnectToNobody(t *testing.T) {
	t.Parallel()
	for name, hangsUp := range map[string]bool{"mute": false, "hangs up": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			durabletest.Must(t, err)
			t.Cleanup(func() { _ = l.Close() })
			var jobs config.Jobs
			durabletest.Must(t, jobs.Dev.UnmarshalText([]byte("http://"+l.Addr().String())))
			d := dbtest.New(t)
			c := durabletest.NewConnector(t, jobs, durabletest.Drain, d, durabletest.Steps("jobs/steps", &durabletest.Tally{})...)
			end := durabletest.Running(t, c)
			for tries := 1; ; tries++ {
				conn, err := l.Accept()
				durabletest.Must(t, err)
				t.Cleanup(func() { _ = conn.Close() })
				if !hangsUp || tries == 3 {
					break
				}
				_ = conn.Close()
			}
			if hangsUp {
				durabletest.Awaited(t, d, "test/steps")
			}
			end()
			select {
			case <-c.Registered():
				t.Error("it is registered")
			default:
			}
		})
	}
}

// TestConnectAroundARefusal has a function that Inngest does not take.
func TestConnectAroundARefusal(t *testing.T) {
	t.Parallel()
	s, c := durabletest.StartDev(t), &durabletest.Tally{}
	broken := fn.Job{Events: durabletest.EventsOf("broken"), Priority: "event.data.("}
	s.Connect(t, dbtest.New(t), durabletest.Plain("jobs/a", c), durabletest.NewJob("jobs/broken", broken, durabletest.Count(c)))
	s.Send(durabletest.Event("a", nil))
	await.That(t, "the other one runs", func() bool { return c.Get("jobs/a") > 0 })
}
