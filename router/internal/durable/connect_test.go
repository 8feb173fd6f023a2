package durable_test

import (
	"bytes"
	"context"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/internal/stack"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/connection"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fn"
)

// connector returns one for functions, which nobody can reach.
func connector(t *testing.T, jobs config.Jobs, d *db.DB, functions ...function.Function) *connection.Connector {
	t.Helper()
	jobs.Connect = true
	c := durable.Config{Functions: functions, Jobs: jobs, Logger: testLog(t)}
	if d != nil {
		c.Ledger = ledger.New(d)
	}
	host, err := durable.New(c)
	must(t, err)
	app := registration.New(host, jobs, testLog(t))
	return connection.New(host, app, connection.Config{DB: d, Drain: 12 * time.Second, Logger: testLog(t)})
}

// connect has the server call functions over a connection, until the test ends or what
// it returns is called, which waits for what runs.
func (s *inngest) connect(t *testing.T, d *db.DB, functions ...function.Function) (disconnect func()) {
	t.Helper()
	c := connector(t, s.jobs(), d, functions...)
	disconnect = running(t, c)
	within(t, "the functions are registered", c.Registered())
	return disconnect
}

// running has c run. What it returns ends that, and waits.
func running(t *testing.T, c *connection.Connector) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		c.Run(ctx)
		close(ended)
	}()
	end = sync.OnceFunc(func() {
		cancel()
		within(t, "the connector stops", ended)
	})
	t.Cleanup(end)
	return end
}

// within waits until happened is closed.
func within(t *testing.T, what string, happened <-chan struct{}) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(patience):
		t.Errorf("waited in vain: %s", what)
	}
}

// startAt starts a development server at a port, where it is back after it was stopped.
func startAt(t *testing.T, port int) (*inngest, *stack.Inngest) {
	t.Helper()
	var log bytes.Buffer
	server, err := stack.StartInngest(t.Context(), stack.Options{
		Dir: t.TempDir(), Port: port, Log: &log, Progress: func(line string) { t.Log(line) },
	})
	must(t, err)
	t.Cleanup(func() {
		server.Signal(syscall.SIGCONT)
		_ = server.Stop() // what had to be frozen or cut off may have to be killed
		logEnd(t, &log)
	})
	return &inngest{t: t, url: server.URL}, server
}

// knowsFunctions reports whether the server has been told of any.
func (s *inngest) knowsFunctions() bool {
	var dev struct{ Functions []any }
	return s.get("/dev", &dev) && len(dev.Functions) > 0
}

// TestConnectAgain stops the server, which forgets everything, and starts it again. The
// SDK alone would not connect any more.
func TestConnectAgain(t *testing.T) {
	t.Parallel()
	port, err := stack.FreePort()
	must(t, err)
	c := &tally{}
	s, server := startAt(t, port)
	s.connect(t, dbtest.New(t), steps("jobs/steps", c)...)
	s.send(map[string]any{"name": "test/steps", "data": map[string]any{"n": 1}})
	eventually(t, "a job runs", func() bool { return c.get("three") == 1 })
	must(t, server.Stop())
	s, _ = startAt(t, port)
	eventually(t, "the functions are registered again", s.knowsFunctions)
	s.send(map[string]any{"name": "test/steps", "data": map[string]any{"n": 1}})
	eventually(t, "a job runs again", func() bool { return c.get("three") == 2 })
}

// TestConnectDrains stops a host while a step runs, for longer than the SDK would wait.
// The next host goes on after that step.
func TestConnectDrains(t *testing.T) {
	t.Parallel()
	const long = 7 * time.Second
	s, c, h := startDev(t), &tally{}, &tracked{t: t, db: dbtest.New(t)}
	work := newJob("jobs/work", fn.Job{Events: []string{"test/work"}}, func(ctx context.Context, in *input) (*output, error) {
		if _, err := counted(ctx, c, "first"); err != nil {
			return nil, err
		}
		_, err := slow(ctx, c, "second", long)
		return &output{Sum: int(in.N)}, err
	})
	disconnect := s.connect(t, h.db, work)
	id := uuid.NewString()
	s.send(map[string]any{"id": id, "name": "test/work", "data": map[string]any{"n": 1}})
	eventually(t, "the step runs", func() bool { return c.get("second") == 1 })
	disconnect()
	if c.get("second done") != 1 {
		t.Error("the host stopped before its step was done")
	}
	s.connect(t, h.db, work)
	eventually(t, "the run ends", func() bool {
		all := h.entries(id)
		return len(all) == 1 && all[0].Outcome == "done"
	})
	if first, second := c.get("first"), c.get("second"); first != 1 || second != 1 {
		t.Errorf("the steps ran %d and %d times", first, second)
	}
}

// TestConnectWithTheOtherKey has a server of production, which knows the fallback key
// only.
func TestConnectWithTheOtherKey(t *testing.T) {
	t.Parallel()
	s, c := startProduction(t), &tally{}
	jobs := s.jobs()
	jobs.SigningKey, jobs.SigningKeyFallback = "ffff", jobs.SigningKey
	connected := connector(t, jobs, dbtest.New(t), steps("jobs/steps", c)...)
	running(t, connected)
	within(t, "the functions are registered", connected.Registered())
	s.ended(s.send(map[string]any{"name": "test/steps", "data": map[string]any{"n": 1}}))
	if n := c.get("three"); n != 1 {
		t.Errorf("the last step ran %d times", n)
	}
}

// TestConnectFrozen has a server that does not answer any more, and a step whose answer
// nobody takes: that must not keep the process from stopping.
func TestConnectFrozen(t *testing.T) {
	t.Parallel()
	s, server := startAt(t, 0)
	c := &tally{}
	disconnect := s.connect(t, nil, newJob("jobs/work", fn.Job{Events: []string{"test/work"}}, func(ctx context.Context, _ *input) (*output, error) {
		_, err := slow(ctx, c, "step", time.Second)
		return &output{}, err
	}))
	s.send(map[string]any{"name": "test/work", "data": map[string]any{"n": 1}})
	eventually(t, "the step runs", func() bool { return c.get("step") == 1 })
	server.Signal(syscall.SIGSTOP)
	disconnect()
	if c.get("step done") != 1 {
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
			must(t, err)
			t.Cleanup(func() { _ = l.Close() })
			var jobs config.Jobs
			must(t, jobs.Dev.UnmarshalText([]byte("http://"+l.Addr().String())))
			c := connector(t, jobs, nil, steps("jobs/steps", &tally{})...)
			end := running(t, c)
			for tries := 1; ; tries++ {
				conn, err := l.Accept()
				must(t, err)
				t.Cleanup(func() { _ = conn.Close() })
				if !hangsUp || tries == 3 {
					break
				}
				_ = conn.Close()
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

// slow is a step that takes d.
func slow(ctx context.Context, c *tally, id string, d time.Duration) (int, error) {
	return step.Run(ctx, id, func(context.Context) (int, error) {
		n := c.add(id)
		time.Sleep(d) // the work
		c.add(id + " done")
		return n, nil
	})
}

// TestConnectAroundARefusal has a function that Inngest does not take.
func TestConnectAroundARefusal(t *testing.T) {
	t.Parallel()
	s, c := startDev(t), &tally{}
	broken := fn.Job{Events: eventsOf("broken"), Priority: "event.data.("}
	s.connect(t, dbtest.New(t), plain("jobs/a", c), newJob("jobs/broken", broken, count(c)))
	s.send(on("a", nil))
	eventually(t, "the other one runs", func() bool { return c.get("jobs/a") > 0 })
}
