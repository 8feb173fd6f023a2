package remote_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/await"
	"switchyard/router/internal/function"
	"switchyard/router/internal/remote"
	"switchyard/router/internal/serve"
	"switchyard/shared/auth"
	"switchyard/shared/auth/caller"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

const (
	key      = "the key of a router, 32 characters or more"
	otherKey = "another key of a router, 32 characters too"
)

// people admits whoever says a name, and renews a cookie.
type people struct{ ended *ended }

func (p people) Admit(w http.ResponseWriter, r *http.Request) (context.Context, error) {
	id := r.Header.Get("X-Who")
	if id == "" {
		return nil, fault.New(fault.Unauthorized, "Sign in to use this.")
	}
	w.Header().Add("Set-Cookie", "better-auth.session_token=renewed")
	session := auth.Session{ID: "s1", Token: "hunter2", UserID: id}
	if id == "eve" {
		session.ID = "s2"
	}
	return auth.WithSessions(r.Context(), auth.User{ID: id, Name: "Ada"}, session, p.ended), nil
}

// ended are the sessions that have ended.
type ended struct{ ids atomic.Pointer[[]string] }

func (e *ended) Ended(_ context.Context, ids []string) ([]string, error) {
	all := e.ids.Load()
	if all == nil {
		return nil, nil
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(*all, id) }), nil
}

// machines admits one key.
type machines struct{}

func (machines) Admit(r *http.Request) (context.Context, error) {
	if r.Header.Get("Authorization") != "Bearer sw_hunter2" {
		return nil, fault.New(fault.Unauthorized, "Present a key.")
	}
	return auth.With(r.Context(), auth.User{ID: "owner"}, auth.Session{}), nil
}

// page is a function that h serves.
func page(name string, spec fn.Page, h http.HandlerFunc) function.Function {
	if spec.Timeout == 0 {
		spec.Timeout = 30 * time.Second // for machines that are busy
	}
	return function.Function{Name: name, Spec: spec, Bind: func() any { return h }}
}

// host is a router that serves on a real listener.
type host struct {
	url     string
	handler http.Handler
	log     *buffer
}

// wantLogged waits until text is in the log: a line is written after the answer.
func (h *host) wantLogged(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(await.Patience); !strings.Contains(h.log.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s is not in the log:\n%s", text, h.log)
		}
	}
}

// start serves c until the test ends.
func start(t *testing.T, c serve.Config) *host {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{url: "http://" + l.Addr().String(), log: &buffer{}}
	c.Logger = slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.Server.DrainTimeout = time.Second
	served, err := serve.New(c)
	if err != nil {
		t.Fatal(err)
	}
	h.handler = served.Handler()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = served.Run(ctx, l)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return h
}

// there starts a host that believes who has the key.
func there(t *testing.T, key string, functions ...function.Function) *host {
	t.Helper()
	callers, err := caller.Open(t.Context(), config.Caller{Key: config.Secret(key)})
	if err != nil {
		t.Fatal(err)
	}
	return start(t, serve.Config{Functions: functions, Callers: callers})
}

// router is a host that sends the calls of functions on.
type router struct {
	*host
	forwarder *remote.Forwarder
	ended     *ended
}

// here starts a router whose functions run at url.
func here(t *testing.T, url, fallback string, functions ...function.Function) *router {
	t.Helper()
	c := remote.Config{Catalog: functions}
	c.Key, c.Fallback, c.IPHeader, c.Proxies.Hops = key, fallback, "X-Real-Ip", 1
	entries := []string{}
	for _, f := range functions {
		entries = append(entries, f.Name+"="+url)
	}
	if err := c.Functions.UnmarshalText([]byte(strings.Join(entries, ","))); err != nil {
		t.Fatal(err)
	}
	forwarder, err := remote.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	over := &ended{}
	h := start(t, serve.Config{
		Functions: functions, Users: people{over}, Machines: machines{}, Remote: forwarder.Remote(), Server: config.Server{Client: c.Client},
	})
	t.Cleanup(func() { _ = forwarder.Close() }) // before the hosts stop, which wait for connections
	return &router{host: h, forwarder: forwarder, ended: over}
}

// wantSent wants the router to have counted one call of the function, with this result.
func (r *router) wantSent(t *testing.T, name, result string) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(r.forwarder.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(families)
	if strings.Count(got, "counter:") != 1 || !strings.Contains(got, `value:"`+name+`"`) || !strings.Contains(got, `value:"`+result+`"`) {
		t.Errorf("counted %s, want one %s of %s", got, result, name)
	}
}

// answered is a whole answer.
type answered struct {
	status int
	header http.Header
	body   string
}

// send sends a request; headers are "Name: value".
func send(t *testing.T, method, url string, body io.Reader, headers ...string) answered {
	t.Helper()
	res := open(t, method, url, body, headers...)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{res.StatusCode, res.Header, string(text)}
}

// open sends a request and returns the answer, whose body may still be on its way.
func open(t *testing.T, method, url string, body io.Reader, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	res, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// nowhere returns the URL of a port on which nobody listens.
func nowhere(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// buffer keeps what is logged.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
