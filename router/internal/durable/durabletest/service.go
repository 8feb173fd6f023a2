package durabletest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/durable/release"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/db"
)

// Service is one process that runs jobs and takes part in their registration.
type Service struct {
	t         *testing.T
	front     *Front
	URL       string
	Handler   http.Handler
	Registrar *release.Registrar
	App       *registration.App
	Stop      func()
}

// Front is an address at which one of several processes answers, the one that came last.
type Front struct {
	URL string

	mu       sync.Mutex
	handlers []*http.Handler
}

// StartFront returns an address at which nobody answers yet.
func StartFront(t *testing.T) *Front {
	t.Helper()
	f := &Front{}
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
	f.URL = server.URL
	return f
}

// Add has a process answer, until it is told to leave.
func (f *Front) Add(h http.Handler) (leave func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handlers = append(slices.Clone(f.handlers), &h)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.handlers = slices.DeleteFunc(slices.Clone(f.handlers), func(other *http.Handler) bool { return other == &h })
	}
}

// NewRegistrar returns the registrar of a host that was made from c.
func NewRegistrar(t *testing.T, host *durable.Host, c durable.Config, d *db.DB, deployment string) *release.Registrar {
	t.Helper()
	app := registration.New(host, c.Jobs, c.Logger)
	r, err := release.New(t.Context(), host, app, release.Config{DB: d, Deployment: deployment, Logger: c.Logger})
	Must(t, err)
	return r
}

// Join starts a process of the release, at the address of another one or, if that is
// nil, at one of its own.
func Join(t *testing.T, s *Server, d *db.DB, deployment string, other *Service, functions ...function.Function) *Service {
	t.Helper()
	return JoinAs(t, s, d, deployment, other, nil, functions...)
}

// JoinAs is join for a process that is configured otherwise.
func JoinAs(
	t *testing.T, s *Server, d *db.DB, deployment string, other *Service, edit func(*durable.Config), functions ...function.Function,
) *Service {
	t.Helper()
	var at *Front
	if other != nil {
		at = other.front
	} else {
		at = StartFront(t)
	}
	c := durable.Config{Functions: functions, Jobs: s.Jobs(), Origin: at.URL, Overrun: &overrun.Set{}, Logger: Log(t)}
	if edit != nil {
		edit(&c)
	}
	host, err := durable.New(c)
	Must(t, err)
	registrar := NewRegistrar(t, host, c, d, deployment)
	app := registration.New(host, c.Jobs, c.Logger)
	handler := registrar.Handler(host.Handler())
	leave := at.Add(handler)
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
	return &Service{t, at, at.URL, handler, registrar, app, stop}
}

// AskAgain has all registrars look at each other, as they do after a while.
func AskAgain(t *testing.T, d *db.DB) {
	t.Helper()
	_, err := d.Exec(t.Context(), `SELECT pg_notify('job_release', 'again')`)
	Must(t, err)
}

// Awaited waits until somebody is known to listen to events of a name, or to be about to.
func Awaited(t *testing.T, d *db.DB, event string) {
	t.Helper()
	await.That(t, event+" is listened to", func() (yes bool) {
		Must(t, d.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM listener WHERE event = $1)`, event).Scan(&yes))
		return yes
	})
}

// PassMinute lets time pass for those who do not say that they live.
func PassMinute(t *testing.T, d *db.DB) {
	t.Helper()
	_, err := d.Exec(t.Context(), `UPDATE job_release SET seen_at = seen_at - interval '1 minute'`)
	Must(t, err)
	AskAgain(t, d)
}

// NewApp returns what registers the functions of a host.
func NewApp(t *testing.T, c durable.Config) *registration.App {
	t.Helper()
	host, err := durable.New(c)
	Must(t, err)
	return registration.New(host, c.Jobs, c.Logger)
}

// Product sets what two programs on one Inngest server differ in, and the log unless nil.
func Product(app, program string, log *SyncBuffer) func(*durable.Config) {
	return func(c *durable.Config) {
		c.Jobs.AppID, c.Program = app, program
		if log != nil {
			c.Logger = slog.New(slog.NewTextHandler(log, nil))
		}
	}
}

// Remind has the app at url register again, as in development anybody may.
func Remind(t *testing.T, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, nil)
	Must(t, err)
	res, err := http.DefaultClient.Do(req)
	Must(t, err)
	Must(t, res.Body.Close())
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the PUT is answered %s", res.Status)
	}
}
