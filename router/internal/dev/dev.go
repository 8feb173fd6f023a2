// Package dev runs the whole product on a developer's machine: the app, which is rebuilt and
// restarted as its source changes, and of a real PostgreSQL, a real S3 server and the real
// Inngest server those that the app needs.
//
// People and programs talk to one public address, which stays while the apps
// behind it come and go. A change that does not work is shown in the terminal and
// in the browser, and the last good app goes on answering programs.
//
// Everything is kept in the state folder: data, logs, the binaries, and dev.json
// with every address once all is ready. When [Run] returns, nothing is left
// running.
package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/router/internal/dev/proxy"
	"switchyard/router/internal/dev/servers"
	"switchyard/router/internal/dev/state"
	"switchyard/router/internal/dev/terminal"
	"switchyard/router/internal/dev/watch"
)

// Config says where and how the stack runs.
type Config struct {
	Root string // the module's folder
	// Port is the page's port on 127.0.0.1; 0 takes any free one. If it is busy the
	// next free one is taken, unless PortFixed.
	Port      int
	PortFixed bool
	// State is the folder of data, addresses and binaries, relative to Root.
	// Defaults to .switchyard.
	State string
	Watch bool // rebuild and restart when files change
	Reset bool // begin with an empty database, and an empty Inngest
	Out   io.Writer
	Color bool     // Out is a terminal that knows colours
	Env   []string // of this process; see environ for what the app gets of it
	Self  string   // the path of this executable
	// Project is the name of the database and the bucket.
	Project string
	// Variables are those that this executable reads; the servers that it needs follow from
	// them.
	Variables []string
}

// Run runs the stack until ctx ends, then stops all of it and returns nil. It
// also ends when the `go run` that started this process is gone. The error says
// why it could not start or go on.
func Run(ctx context.Context, c Config) error {
	ctx, done := withGoRun(ctx)
	defer done()
	s, err := open(ctx, c)
	if err != nil {
		return err
	}
	err = s.run(ctx)
	return errors.Join(err, s.close())
}

// session is one run of the stack.
type session struct {
	Config
	begun    time.Time
	terminal *terminal.Terminal
	state    *state.Folder
	proxy    *proxy.Proxy
	servers  *servers.Stack

	announced atomic.Bool // dev.json is written
}

// open takes the state folder and the public port.
func open(ctx context.Context, c Config) (*session, error) {
	s := &session{Config: c, begun: time.Now(), terminal: terminal.New(c.Out, c.Color)}
	if s.State == "" {
		s.State = ".switchyard"
	}
	if !filepath.IsAbs(s.State) {
		s.State = filepath.Join(s.Root, s.State)
	}
	var err error
	if s.state, err = state.Open(s.State); err != nil {
		return nil, err
	}
	if c.Reset {
		if err := s.state.Reset(); err != nil {
			return nil, errors.Join(err, s.state.Close())
		}
	}
	listeners, err := proxy.Listen(ctx, c.Port, c.PortFixed)
	if err != nil {
		return nil, errors.Join(err, s.state.Close())
	}
	s.proxy = proxy.New(listeners, s.terminal.Steps)
	if err := s.state.Announce(s.proxy.URL()); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if port := s.proxy.Port(); c.Port != 0 && port != c.Port {
		s.terminal.Say("Port %d is busy; taking %d.", c.Port, port)
	}
	return s, nil
}

// close gives back what open took.
func (s *session) close() error { return errors.Join(s.proxy.Close(), s.state.Close()) }

// run starts everything, waits for the end, and stops everything.
func (s *session) run(ctx context.Context) error {
	ctx, fatal := context.WithCancelCause(ctx)
	defer fatal(nil)
	showing, hide := context.WithCancel(context.WithoutCancel(ctx))
	var shown sync.WaitGroup
	shown.Go(func() { s.terminal.Run(showing) })
	defer shown.Wait()
	defer hide()

	s.terminal.Say("Starting in %s", s.Root)
	var err error
	if s.servers, err = servers.New(s.state, s.terminal, s.Project, s.proxy.URL(), fatal); err != nil {
		return err
	}
	if err := s.startServers(ctx, s.Variables); err != nil {
		return errors.Join(err, s.servers.Stop())
	}
	changed := make(chan watch.Changes)
	var background sync.WaitGroup
	background.Go(s.showMail(ctx))
	background.Go(func() { s.supervise(ctx) })
	if s.Watch {
		background.Go(func() { s.watch(ctx, changed, fatal) })
	}
	r := s.releaser(ctx)
	background.Go(func() { s.announce(ctx, r, fatal) })
	released := make(chan error, 1)
	background.Go(func() { released <- r.Run(ctx, changed) })
	select {
	case <-ctx.Done():
		err = s.stop(context.Cause(ctx), func() error { return <-released })
	case err = <-released:
		fatal(err)
		err = s.stop(err, func() error { return nil })
	}
	background.Wait()
	return err
}

// releaser returns what builds, migrates and starts the app.
func (s *session) releaser(ctx context.Context) *releaser {
	b := newBuilder(s.Config, s.state, s.terminal)
	if startedByGo(ctx) { // `go run` has just built this executable from the source
		b.self = s.Self
	}
	b.prepare = s.prepare
	return newReleaser(b, s.proxy, s.Watch)
}

// watch sends what changes until ctx ends.
func (s *session) watch(ctx context.Context, changed chan<- watch.Changes, fatal func(error)) {
	err := watch.Run(ctx, s.Root, s.State, changed, func(warning error) {
		if warning != nil {
			s.terminal.Say("  ! not every folder can be watched (%v); looking every %s instead", warning, watch.Polling)
		}
	})
	if err != nil {
		fatal(err)
	}
}

// announce says when the page is up, and when everything is, which also goes into
// dev.json.
func (s *session) announce(ctx context.Context, r *releaser, fatal func(error)) {
	select {
	case <-r.live:
	case <-ctx.Done():
		return
	}
	s.terminal.Say("Page: %s", s.proxy.URL())
	if s.servers.Wait(ctx, servers.Postgres, servers.S3, servers.Inngest) != nil {
		return
	}
	at := s.servers.Addresses()
	if at.Inngest != "" && !s.register(ctx, at.Inngest) {
		return
	}
	s.terminal.Settle()
	s.announced.Store(true)
	if err := s.state.WriteAddresses(at); err != nil {
		fatal(err)
		return
	}
	s.terminal.Say("Ready in %s: every address is in %s. Ctrl-C stops all.", terminal.Seconds(time.Since(s.begun)), s.shownPath("dev.json"))
}

// register waits until Inngest knows the app's jobs, and reports whether it does.
func (s *session) register(ctx context.Context, inngest string) bool {
	k := s.terminal.Begin("jobs")
	k.Progress("registering with Inngest")
	jobs, err := servers.UntilRegistered(ctx, s.proxy.URL(), inngest)
	if err != nil {
		k.Drop()
		return false
	}
	k.Done(strconv.Itoa(jobs) + " known to Inngest")
	return true
}

// shownPath returns the path of a file in the state folder, short if possible.
func (s *session) shownPath(name string) string {
	full := s.state.Path(name)
	if rel, err := filepath.Rel(s.Root, full); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return full
}

// stop stops everything, the app first and the database last. It returns cause,
// unless that is only the wish to stop.
func (s *session) stop(cause error, app func() error) error {
	if errors.Is(cause, context.Canceled) {
		cause = nil
	}
	if errors.Is(cause, errParentGone) {
		s.terminal.Say("Stopping: %v.", cause)
		cause = nil
	} else {
		s.terminal.Say("Stopping…")
	}
	err := s.state.RemoveAddresses() // what it says is true no more
	k := s.terminal.Begin("stopping")
	err = errors.Join(err, app(), s.servers.Stop())
	k.Drop()
	if err != nil {
		s.terminal.Say("  ! %v", err)
	}
	s.terminal.Say("Stopped.")
	if cause != nil {
		return fmt.Errorf("the stack ended: %w", cause)
	}
	return nil
}
