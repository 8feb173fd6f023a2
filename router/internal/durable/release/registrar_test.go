package release_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/inngest/inngestgo"

	"switchyard/internal/await"
	"switchyard/internal/stack"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fn"
)

// TestServices has two services, which run each a job of one app.
func TestServices(t *testing.T) {
	t.Parallel()
	s, d, c := durabletest.StartDev(t), dbtest.New(t), &durabletest.Tally{}
	one := durabletest.Join(t, s, d, "", nil, durabletest.Plain("jobs/a", c))
	s.AwaitFunctions("jobs-a@" + one.URL)
	refused := durabletest.NewJob("jobs/refused", fn.Job{Events: durabletest.EventsOf("refused"), Priority: "event.data.a ="}, durabletest.Count(c))
	two := durabletest.Join(t, s, d, "", nil, durabletest.Plain("jobs/b", c), durabletest.Schedule("jobs/c", fn.Schedule{Cron: "0 0 1 1 *"}, nil), refused)
	all := []string{"jobs-a@" + one.URL, "jobs-b@" + two.URL, "jobs-c@" + two.URL}
	s.AwaitFunctions(all...)
	for _, service := range []*durabletest.Service{one, two} {
		<-service.Registrar.Registered()
	}
	var known bool
	durabletest.Must(t, d.QueryRow(t.Context(), `SELECT bool_and(isfinite(since) = (event <> 'test/refused')) FROM listener`).Scan(&known))
	if !known {
		t.Error("the ledger does not know which job Inngest has refused")
	}
	for _, name := range []string{"a", "b"} {
		if got := s.AwaitRun(s.Send(durabletest.Event(name, nil))); got.Status != "Completed" || c.Get("jobs/"+name) != 1 {
			t.Errorf("%s: got %s, ran %d times", name, got.Status, c.Get("jobs/"+name))
		}
	}
	// One is down for long: its job waits for it.
	one.Stop()
	durabletest.PassMinute(t, d)
	durabletest.AskAgain(t, d)
	s.AwaitFunctions(all...)
	// It has moved, and its job with it.
	moved := durabletest.Join(t, s, d, "", nil, durabletest.Plain("jobs/a", c))
	s.AwaitFunctions("jobs-a@"+moved.URL, "jobs-b@"+two.URL, "jobs-c@"+two.URL)
	durabletest.PassMinute(t, d)
	s.AwaitFunctions("jobs-a@"+moved.URL, "jobs-b@"+two.URL, "jobs-c@"+two.URL)
}

// TestDevelopmentAgain stops a process in development and starts it at another address.
func TestDevelopmentAgain(t *testing.T) {
	t.Parallel()
	s, d, c, log := durabletest.StartDev(t), dbtest.New(t), &durabletest.Tally{}, &durabletest.SyncBuffer{}
	first := durabletest.Join(t, s, d, "", nil, durabletest.Plain("jobs/a", c))
	s.AwaitFunctions("jobs-a@" + first.URL)
	first.Stop()
	var live int
	durabletest.Must(t, d.QueryRow(t.Context(), `SELECT count(*) FROM job_release WHERE seen_at >= now() - interval '1 minute'`).Scan(&live))
	if live > 0 {
		t.Error("who has stopped counts as one that lives")
	}
	again := durabletest.JoinAs(t, s, d, "", nil, durabletest.Product("", "", log), durabletest.Plain("jobs/a", c))
	s.AwaitFunctions("jobs-a@" + again.URL)
	if text := log.String(); strings.Contains(text, "at two addresses") {
		t.Errorf("it was offered at two addresses:\n%s", text)
	}
}

// TestReleases replaces a release by another one and takes that back.
func TestReleases(t *testing.T) {
	t.Parallel()
	s, d, c := durabletest.StartProduction(t), dbtest.New(t), &durabletest.Tally{}
	first := durabletest.Join(t, s, d, "first", nil, durabletest.Plain("jobs/a", c), durabletest.Plain("jobs/old", c))
	before := []string{"jobs-a@" + first.URL, "jobs-old@" + first.URL}
	s.AwaitFunctions(before...)
	second := durabletest.Join(t, s, d, "second", first, durabletest.Plain("jobs/a", c), durabletest.Plain("jobs/new", c))
	after := []string{"jobs-a@" + first.URL, "jobs-new@" + first.URL}
	s.AwaitFunctions(after...)
	// Another replica of the first one starts, and all look again.
	late := durabletest.Join(t, s, d, "first", first, durabletest.Plain("jobs/a", c), durabletest.Plain("jobs/old", c))
	<-late.Registrar.Registered()
	durabletest.AskAgain(t, d)
	staysRegistered(s, d, after)
	// The second one fails: the first one is back when it is gone for a while.
	second.Stop()
	durabletest.PassMinute(t, d)
	s.AwaitFunctions(before...)
	second = durabletest.Join(t, s, d, "second", first, durabletest.Plain("jobs/a", c), durabletest.Plain("jobs/new", c))
	s.AwaitFunctions(after...)
	// The rollout ends. Later it is taken back, while the second one still lives.
	first.Stop()
	late.Stop()
	durabletest.PassMinute(t, d)
	staysRegistered(s, d, after)
	durabletest.Join(t, s, d, "first", first, durabletest.Plain("jobs/a", c), durabletest.Plain("jobs/old", c))
	s.AwaitFunctions(before...)
	durabletest.AskAgain(t, d)
	staysRegistered(s, d, before)
	second.Stop()
	staysRegistered(s, d, before)
}

// staysRegistered expects the next registration to be of these functions.
func staysRegistered(s *durabletest.Server, d *db.DB, want []string) {
	s.T.Helper()
	_, err := d.Exec(s.T.Context(), `UPDATE job_release SET registered_at = '2000-01-01' WHERE registered_at IS NOT NULL`)
	durabletest.Must(s.T, err)
	durabletest.AskAgain(s.T, d)
	await.That(s.T, "somebody registers", func() bool {
		var done bool
		durabletest.Must(s.T, d.QueryRow(s.T.Context(), `SELECT EXISTS (SELECT FROM job_release WHERE registered_at > '2001-01-01')`).Scan(&done))
		return done
	})
	s.AwaitFunctions(want...)
}

// TestLeadIsLost breaks every connection of the one that registers.
func TestLeadIsLost(t *testing.T) {
	t.Parallel()
	s, d, c := durabletest.StartDev(t), dbtest.New(t), &durabletest.Tally{}
	one := durabletest.Join(t, s, d, "", nil, durabletest.Plain("jobs/a", c))
	s.AwaitFunctions("jobs-a@" + one.URL)
	_, err := d.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	durabletest.Must(t, err)
	two := durabletest.Join(t, s, d, "", nil, durabletest.Plain("jobs/b", c))
	s.AwaitFunctions("jobs-a@"+one.URL, "jobs-b@"+two.URL)
}

// TestForgotten starts a second development server in place of the first, and has
// somebody ask for the functions at a service that does not register them itself.
func TestForgotten(t *testing.T) {
	t.Parallel()
	port, err := strconv.Atoi(durabletest.FreePort(t))
	durabletest.Must(t, err)
	d, c := dbtest.New(t), &durabletest.Tally{}
	s := &durabletest.Server{T: t, URL: "http://127.0.0.1:" + strconv.Itoa(port)}
	one := durabletest.Join(t, s, d, "", nil, durabletest.Plain("jobs/a", c)) // before there is a server
	two := durabletest.Join(t, s, d, "", nil, durabletest.Plain("jobs/b", c))
	for range 2 {
		server, err := stack.StartInngest(t.Context(), stack.Options{Dir: t.TempDir(), Port: port})
		durabletest.Must(t, err)
		t.Cleanup(func() { _ = server.Stop() })
		for _, at := range []*durabletest.Service{one, two} {
			durabletest.Remind(t, at.URL+durable.Path)
		}
		s.AwaitFunctions("jobs-a@"+one.URL, "jobs-b@"+two.URL)
		_ = server.Stop() // if it had to be killed it is as gone
	}
}

// TestAskedForFunctions asks as Inngest's cloud does.
func TestAskedForFunctions(t *testing.T) {
	t.Parallel()
	s, d, c := durabletest.StartProduction(t), dbtest.New(t), &durabletest.Tally{}
	one := durabletest.Join(t, s, d, "1", nil, durabletest.Plain("jobs/a", c))
	two := durabletest.Join(t, s, d, "1", nil, durabletest.Plain("jobs/b", c))
	s.AwaitFunctions("jobs-a@"+one.URL, "jobs-b@"+two.URL)
	const ask = `{"url":"https://evil.example/api/inngest"}`
	for _, at := range []*durabletest.Service{one, two} {
		res := durabletest.Call(t, at.Handler, http.MethodPut, durable.Path, ask, durabletest.Sign(t, durabletest.SigningKey, ask, 0))
		body := res.Body.Bytes()
		ok, _ := inngestgo.ValidateResponseSignature(t.Context(), res.Header().Get(inngestgo.HeaderKeySignature), []byte(durabletest.SigningKey), body)
		if text := string(body); res.Code != http.StatusOK || !ok || strings.Contains(text, "evil") ||
			!strings.Contains(text, one.URL) || !strings.Contains(text, two.URL) {
			t.Errorf("signed: got %d, signature %t, %s", res.Code, ok, text)
		}
		if res := durabletest.Call(t, at.Handler, http.MethodPut, durable.Path, ask, ""); res.Code != http.StatusUnauthorized {
			t.Errorf("unsigned: got %d", res.Code)
		}
	}
}

// TestRegisterWithFallback has a server that knows the key which is being replaced.
func TestRegisterWithFallback(t *testing.T) {
	t.Parallel()
	s := durabletest.StartProduction(t)
	jobs := s.Untried()
	jobs.SigningKey, jobs.SigningKeyFallback = config.Secret("ffff"+durabletest.SigningKey), jobs.SigningKey
	durabletest.Must(t, jobs.Origin.UnmarshalText([]byte("https://app.example")))
	app := durabletest.NewApp(t, durable.Config{Jobs: jobs, Functions: []function.Function{durabletest.Plain("jobs/a", &durabletest.Tally{})}, Logger: durabletest.Log(t)})
	durabletest.Must(t, app.Register(t.Context()))
	s.AwaitFunctions("jobs-a@https://app.example")
}
