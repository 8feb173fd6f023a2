// Package apart runs functions in processes of their own beside the router, a process for
// each group of them, so that what ends one of these processes ends no other.
//
//	plan        which functions run apart, and in which groups         plan.go
//	supervisor  has a process run for each group                       apart.go group.go process.go
//	order       what a process is told when it is started              order.go
//	calls       how calls get there, or wait                           calls.go gate.go
//	output      what a process logs, and how it ended                  output.go exit.go
//	metrics     of the groups, and those of their processes            metrics.go scrape.go
//	limit       what a process may take                                limit.go
//
// The router stays in front, as with functions that run elsewhere: it admits who calls, and
// package remote hands the call on, over a Unix socket in a private folder. The router makes
// that socket, and each process of the group inherits it. Who calls is signed with a key
// that only the two know. The context of a call ends there when it ends here, because the
// connection does.
package apart

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/clientip"
	"switchyard/router/internal/remote"
	"switchyard/shared/auth/caller"
	"switchyard/shared/config"
)

// base is what requests over a socket are addressed to.
const base = "http://apart"

const (
	// readyTime bounds the wait for processes to be ready before the router serves.
	readyTime = 15 * time.Second
	// leastGrace is what a process may take to end, however late it is.
	leastGrace = time.Second
	// idlePerGroup bounds the idle connections to a process, and idleTime their age, which is
	// less than what a server grants: we must be the side that closes first.
	idlePerGroup = 256
	idleTime     = 30 * time.Second
)

// Config describes a [Supervisor].
type Config struct {
	Groups []Group
	Apart  config.Apart
	// Trust says which proxies are believed about who the client is.
	Trust clientip.Trust
	// Drain is how long requests may take to finish, processes included.
	Drain time.Duration
	// Scrape adds the metrics of the processes to the router's.
	Scrape bool
	// Environ is the environment of the processes. The variables of Set take the place of those
	// of the same name.
	Environ []string
	Set     map[string]string
	// Program is the path of the router's program. Defaults to that of this process.
	Program string
}

// Supervisor has a process run for each group. Make one with [Open].
type Supervisor struct {
	groups  []*group
	folder  string // of the sockets
	drain   time.Duration
	metrics *metrics
	grace   atomic.Int64  // nanoseconds
	ends    atomic.Int64  // when what drains has to be done, as nanoseconds since 1970; 0: nothing drains
	drains  chan struct{} // closed by EndStreams
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Open returns the supervisor of c's groups, with their sockets. No process is started
// before [Supervisor.Start].
func Open(ctx context.Context, c Config) (*Supervisor, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program: %w", err)
	}
	folder, err := os.MkdirTemp("", "apart-") // for us alone: mode 0700
	if err != nil {
		return nil, fmt.Errorf("make a folder for sockets: %w", err)
	}
	s := &Supervisor{folder: folder, drain: c.Drain, metrics: newMetrics(), drains: make(chan struct{}), stop: func() {}}
	c.Program = cmp.Or(c.Program, self)
	for i, one := range c.Groups {
		g, err := s.open(ctx, c, one, strconv.Itoa(i))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", one.Name, err), s.Close())
		}
		s.groups = append(s.groups, g)
	}
	return s, nil
}

// open makes one group, with a socket of that name.
func (s *Supervisor) open(ctx context.Context, c Config, one Group, name string) (*group, error) {
	g := &group{
		Group: one, socket: filepath.Join(s.folder, name), self: c.Program, environ: c.Environ,
		gate: newGate(), metrics: s.metrics, grace: &s.grace, drains: s.drains, ready: make(chan struct{}),
	}
	key := rand.Text() + rand.Text()
	signer, err := caller.Open(ctx, config.Caller{Key: config.Secret(key)})
	if err != nil {
		return nil, err
	}
	if g.listener, err = listen(ctx, g.socket); err != nil {
		return nil, err
	}
	g.order = Order{
		Group: one.Name, Functions: one.names(), Memory: int64(c.Apart.Memory), Files: c.Apart.Files,
		Set: map[string]string{"SWITCHYARD_CALLER_KEY": key, "SWITCHYARD_CALLER_KEY_FALLBACK": ""},
	}
	maps.Copy(g.order.Set, c.Set)
	if c.Scrape {
		g.token = rand.Text()
		g.order.Set["METRICS_TOKEN"] = g.token
	}
	g.transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", g.socket)
		},
		DisableCompression:  true, // what the client accepts is its own matter
		MaxIdleConnsPerHost: idlePerGroup,
		IdleConnTimeout:     idleTime,
	}
	to, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	for _, f := range one.Functions {
		way := &calls{function: f, group: g}
		way.send = remote.Way{Base: to, Signer: signer, Trust: c.Trust, Transport: way, Sent: s.metrics.sent}.To(f)
		g.calls = append(g.calls, way)
	}
	s.metrics.restarts.WithLabelValues(one.Name)
	s.metrics.up.WithLabelValues(one.Name)
	return g, nil
}

// listen makes a listening socket that a process can inherit.
func listen(ctx context.Context, path string) (*os.File, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on a socket, whose path must be short (TMPDIR): %w", err)
	}
	socket, ok := l.(*net.UnixListener)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a listener of type %T", l), l.Close())
	}
	socket.SetUnlinkOnClose(false)
	defer socket.Close()
	return socket.File()
}

// Remote returns, by the name of each function that runs apart, what makes the handler that sends
// its calls to its process. local is the handler that would serve them here.
func (s *Supervisor) Remote() map[string]func(local http.Handler) http.Handler {
	all := map[string]func(local http.Handler) http.Handler{}
	for _, g := range s.groups {
		for _, c := range g.calls {
			if !c.function.Info().Kind.Durable() {
				all[c.function.Name] = func(http.Handler) http.Handler { return c.counted(c.send(nil)) }
			}
		}
	}
	return all
}

// Start starts the processes. It returns once they are ready, or after 15 s: calls then wait for
// them. It is called once.
//
// release is what the ledger calls this release. memory is how many bytes each process should
// use at most, unless the settings say how many; 0 is no bound, and a value below
// config.MinMemoryLimit counts as that. The lines that the processes log go to pass, and lines
// about the processes to log.
func (s *Supervisor) Start(ctx context.Context, release string, memory int64, pass func(line []byte), log *slog.Logger) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	for _, g := range s.groups {
		g.order.Release, g.pass, g.log = release, pass, log.With(slog.String("apart", g.Name))
		if bytes := cmp.Or(g.order.Memory, memory); bytes > 0 {
			g.order.Set["MEMORY_LIMIT"] = strconv.FormatInt(max(bytes, config.MinMemoryLimit), 10)
		}
		s.running.Go(func() { g.run(running) })
	}
	limit, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	for _, g := range s.groups {
		select {
		case <-g.ready:
		case <-limit.Done():
			if ctx.Err() == nil {
				g.log.WarnContext(ctx, "its process is not ready yet; starting without it", slog.Any("functions", g.names()))
			}
		}
	}
}

// Drain notes that the router has begun to drain: its time counts for the processes too.
func (s *Supervisor) Drain() { s.ends.Store(time.Now().Add(s.drain).UnixNano()) }

// EndStreams tells the processes to end their streams, for which a router that drains would wait. It
// is called once.
func (s *Supervisor) EndStreams() { close(s.drains) }

// Collectors returns the metrics of the groups.
func (s *Supervisor) Collectors() []prometheus.Collector { return s.metrics.collectors() }

// Close stops the processes. They have what is left of the time to drain. It may be called more
// than once.
func (s *Supervisor) Close() error {
	left := s.drain
	if ends := s.ends.Load(); ends != 0 {
		left = time.Until(time.Unix(0, ends))
	}
	s.grace.Store(int64(max(left, leastGrace)))
	for _, g := range s.groups {
		g.transport.CloseIdleConnections()
	}
	s.stop()
	s.running.Wait()
	for _, g := range s.groups {
		_ = g.listener.Close()
	}
	return os.RemoveAll(s.folder)
}
