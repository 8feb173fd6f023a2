package durable_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/inngest/inngestgo"

	"switchyard/internal/stack"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/durable/release"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fn"
)

// service is one process that runs jobs and takes part in their registration.
type service struct {
	t         *testing.T
	front     *front
	url       string
	handler   http.Handler
	host      *durable.Host
	registrar *release.Registrar
	app       *registration.App
	stop      func()
}

// plain is a job that counts its runs.
func plain(name string, c *tally) function.Function {
	return newJob(name, fn.Job{Events: []string{"test/" + strings.TrimPrefix(name, "jobs/")}}, func(context.Context, *input) (*output, error) {
		c.add(name)
		return &output{}, nil
	})
}

// front is an address at which one of several processes answers, the one that came last.
type front struct {
	url string

	mu       sync.Mutex
	handlers []*http.Handler
}

func startFront(t *testing.T) *front {
	t.Helper()
	f := &front{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		all := f.handlers
		f.mu.Unlock()
		if len(all) == 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		(*all[len(all)-1]).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// add has a process answer, until it is told to leave.
func (f *front) add(h http.Handler) (leave func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handlers = append(slices.Clone(f.handlers), &h)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.handlers = slices.DeleteFunc(slices.Clone(f.handlers), func(other *http.Handler) bool { return other == &h })
	}
}

// newRegistrar returns the registrar of a host that was made from c.
func newRegistrar(t *testing.T, host *durable.Host, c durable.Config, d *db.DB, deployment string) *release.Registrar {
	t.Helper()
	app := registration.New(host, c.Jobs, c.Logger)
	r, err := release.New(t.Context(), host, app, release.Config{DB: d, Deployment: deployment, Logger: c.Logger})
	must(t, err)
	return r
}

// join starts a process of the release, at the address of another one or, if that is
// nil, at one of its own.
func join(t *testing.T, s *inngest, d *db.DB, deployment string, other *service, functions ...function.Function) *service {
	t.Helper()
	return joinAs(t, s, d, deployment, other, nil, functions...)
}

// joinAs is join for a process that is configured otherwise.
func joinAs(
	t *testing.T, s *inngest, d *db.DB, deployment string, other *service, edit func(*durable.Config), functions ...function.Function,
) *service {
	t.Helper()
	var at *front
	if other != nil {
		at = other.front
	} else {
		at = startFront(t)
	}
	c := durable.Config{Functions: functions, Jobs: s.jobs(), Origin: at.url, Logger: testLog(t)}
	if edit != nil {
		edit(&c)
	}
	host, err := durable.New(c)
	must(t, err)
	registrar := newRegistrar(t, host, c, d, deployment)
	app := registration.New(host, c.Jobs, c.Logger)
	handler := registrar.Handler(host.Handler())
	leave := at.add(handler)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		registrar.Run(ctx)
	}()
	stop := func() {
		cancel()
		<-ended
		leave()
	}
	t.Cleanup(stop)
	return &service{t, at, at.url, handler, host, registrar, app, stop}
}

// knows waits until the server has exactly these functions: "jobs-a@" and where it is.
func (s *inngest) knows(want ...string) {
	s.t.Helper()
	slices.Sort(want)
	var got []string
	eventually(s.t, "Inngest knows "+strings.Join(want, ", "), func() bool {
		got = s.functions()
		return slices.Equal(got, want)
	})
}

func (s *inngest) functions() []string {
	s.t.Helper()
	var answer struct {
		Data struct {
			Apps []struct{ Functions []struct{ Slug, URL string } }
		}
	}
	s.post("/v0/gql", map[string]string{"query": "{apps{functions{slug url}}}"}, &answer)
	var got []string
	for _, app := range answer.Data.Apps {
		for _, f := range app.Functions {
			at, _, _ := strings.Cut(strings.Replace(f.URL, "//localhost:", "//127.0.0.1:", 1), durable.Path)
			got = append(got, strings.TrimPrefix(f.Slug, "switchyard-")+"@"+at)
		}
	}
	slices.Sort(got)
	return got
}

// look has all registrars look at each other, as they do after a while.
func look(t *testing.T, d *db.DB) {
	t.Helper()
	_, err := d.Exec(t.Context(), `SELECT pg_notify('job_release', 'again')`)
	must(t, err)
}

// pass lets time pass for those who do not say that they live.
func pass(t *testing.T, d *db.DB) {
	t.Helper()
	_, err := d.Exec(t.Context(), `UPDATE job_release SET seen_at = seen_at - interval '1 minute'`)
	must(t, err)
	look(t, d)
}

// TestServices has two services, which run each a job of one app.
func TestServices(t *testing.T) {
	t.Parallel()
	s, d, c := startDev(t), dbtest.New(t), &tally{}
	one := join(t, s, d, "", nil, plain("jobs/a", c))
	s.knows("jobs-a@" + one.url)
	two := join(t, s, d, "", nil, plain("jobs/b", c), schedule("jobs/c", fn.Schedule{Cron: "0 0 1 1 *"}, nil))
	all := []string{"jobs-a@" + one.url, "jobs-b@" + two.url, "jobs-c@" + two.url}
	s.knows(all...)
	for _, service := range []*service{one, two} {
		<-service.registrar.Registered()
	}
	for _, name := range []string{"a", "b"} {
		if got := s.ended(s.send(on(name, nil))); got.Status != "Completed" || c.get("jobs/"+name) != 1 {
			t.Errorf("%s: got %s, ran %d times", name, got.Status, c.get("jobs/"+name))
		}
	}
	// One is down for long: its job waits for it.
	one.stop()
	pass(t, d)
	look(t, d)
	s.knows(all...)
	// It has moved, and its job with it.
	moved := join(t, s, d, "", nil, plain("jobs/a", c))
	s.knows("jobs-a@"+moved.url, "jobs-b@"+two.url, "jobs-c@"+two.url)
	pass(t, d)
	s.knows("jobs-a@"+moved.url, "jobs-b@"+two.url, "jobs-c@"+two.url)
}

// TestDevelopmentAgain stops a process in development and starts it at another address.
func TestDevelopmentAgain(t *testing.T) {
	t.Parallel()
	s, d, c, log := startDev(t), dbtest.New(t), &tally{}, &syncBuffer{}
	first := join(t, s, d, "", nil, plain("jobs/a", c))
	s.knows("jobs-a@" + first.url)
	first.stop()
	var live int
	must(t, d.QueryRow(t.Context(), `SELECT count(*) FROM job_release WHERE seen_at >= now() - interval '1 minute'`).Scan(&live))
	if live > 0 {
		t.Error("who has stopped counts as one that lives")
	}
	again := joinAs(t, s, d, "", nil, product("", "", log), plain("jobs/a", c))
	s.knows("jobs-a@" + again.url)
	if text := log.String(); strings.Contains(text, "at two addresses") {
		t.Errorf("it was offered at two addresses:\n%s", text)
	}
}

// TestReleases replaces a release by another one and takes that back.
func TestReleases(t *testing.T) {
	t.Parallel()
	s, d, c := startProduction(t), dbtest.New(t), &tally{}
	first := join(t, s, d, "first", nil, plain("jobs/a", c), plain("jobs/old", c))
	before := []string{"jobs-a@" + first.url, "jobs-old@" + first.url}
	s.knows(before...)
	second := join(t, s, d, "second", first, plain("jobs/a", c), plain("jobs/new", c))
	after := []string{"jobs-a@" + first.url, "jobs-new@" + first.url}
	s.knows(after...)
	// Another replica of the first one starts, and all look again.
	late := join(t, s, d, "first", first, plain("jobs/a", c), plain("jobs/old", c))
	<-late.registrar.Registered()
	look(t, d)
	s.stays(d, after)
	// The second one fails: the first one is back when it is gone for a while.
	second.stop()
	pass(t, d)
	s.knows(before...)
	second = join(t, s, d, "second", first, plain("jobs/a", c), plain("jobs/new", c))
	s.knows(after...)
	// The rollout ends. Later it is taken back, while the second one still lives.
	first.stop()
	late.stop()
	pass(t, d)
	s.stays(d, after)
	join(t, s, d, "first", first, plain("jobs/a", c), plain("jobs/old", c))
	s.knows(before...)
	look(t, d)
	s.stays(d, before)
	second.stop()
	s.stays(d, before)
}

// stays expects the next registration to be of these functions.
func (s *inngest) stays(d *db.DB, want []string) {
	s.t.Helper()
	_, err := d.Exec(s.t.Context(), `UPDATE job_release SET registered_at = '2000-01-01' WHERE registered_at IS NOT NULL`)
	must(s.t, err)
	look(s.t, d)
	eventually(s.t, "somebody registers", func() bool {
		var done bool
		must(s.t, d.QueryRow(s.t.Context(), `SELECT EXISTS (SELECT FROM job_release WHERE registered_at > '2001-01-01')`).Scan(&done))
		return done
	})
	s.knows(want...)
}

// TestLeadIsLost breaks every connection of the one that registers.
func TestLeadIsLost(t *testing.T) {
	t.Parallel()
	s, d, c := startDev(t), dbtest.New(t), &tally{}
	one := join(t, s, d, "", nil, plain("jobs/a", c))
	s.knows("jobs-a@" + one.url)
	_, err := d.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	must(t, err)
	two := join(t, s, d, "", nil, plain("jobs/b", c))
	s.knows("jobs-a@"+one.url, "jobs-b@"+two.url)
}

// TestForgotten starts a second development server in place of the first, and has
// somebody ask for the functions at a service that does not register them itself.
func TestForgotten(t *testing.T) {
	t.Parallel()
	port, err := strconv.Atoi(freePort(t))
	must(t, err)
	d, c := dbtest.New(t), &tally{}
	s := &inngest{t: t, url: "http://127.0.0.1:" + strconv.Itoa(port)}
	one := join(t, s, d, "", nil, plain("jobs/a", c)) // before there is a server
	two := join(t, s, d, "", nil, plain("jobs/b", c))
	for range 2 {
		server, err := stack.StartInngest(t.Context(), stack.Options{Dir: t.TempDir(), Port: port})
		must(t, err)
		t.Cleanup(func() { must(t, server.Stop()) })
		for _, at := range []*service{one, two} {
			remind(t, at.url+durable.Path)
		}
		s.knows("jobs-a@"+one.url, "jobs-b@"+two.url)
		must(t, server.Stop())
	}
}

// TestAskedForFunctions asks as Inngest's cloud does.
func TestAskedForFunctions(t *testing.T) {
	t.Parallel()
	s, d, c := startProduction(t), dbtest.New(t), &tally{}
	one := join(t, s, d, "1", nil, plain("jobs/a", c))
	two := join(t, s, d, "1", nil, plain("jobs/b", c))
	s.knows("jobs-a@"+one.url, "jobs-b@"+two.url)
	const ask = `{"url":"https://evil.example/api/inngest"}`
	for _, at := range []*service{one, two} {
		res := call(t, at.handler, http.MethodPut, durable.Path, ask, signed(t, signingKey, ask, 0))
		body := res.Body.Bytes()
		ok, _ := inngestgo.ValidateResponseSignature(t.Context(), res.Header().Get(inngestgo.HeaderKeySignature), []byte(signingKey), body)
		if text := string(body); res.Code != http.StatusOK || !ok || strings.Contains(text, "evil") ||
			!strings.Contains(text, one.url) || !strings.Contains(text, two.url) {
			t.Errorf("signed: got %d, signature %t, %s", res.Code, ok, text)
		}
		if res := call(t, at.handler, http.MethodPut, durable.Path, ask, ""); res.Code != http.StatusUnauthorized {
			t.Errorf("unsigned: got %d", res.Code)
		}
	}
}

// TestRegisterWithFallback has a server that knows the key which is being replaced.
func TestRegisterWithFallback(t *testing.T) {
	t.Parallel()
	s := startProduction(t)
	jobs := s.untried()
	jobs.SigningKey, jobs.SigningKeyFallback = config.Secret("ffff"+signingKey), jobs.SigningKey
	must(t, jobs.Origin.UnmarshalText([]byte("https://app.example")))
	app := newApp(t, durable.Config{Jobs: jobs, Functions: []function.Function{plain("jobs/a", &tally{})}, Logger: testLog(t)})
	must(t, app.Register(t.Context()))
	s.knows("jobs-a@https://app.example")
}
