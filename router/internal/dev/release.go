package dev

import (
	"context"
	"sync"
	"time"

	"switchyard/internal/backoff"
	"switchyard/router/internal/dev/proxy"
	"switchyard/router/internal/dev/servers"
	"switchyard/router/internal/dev/terminal"
	"switchyard/router/internal/dev/watch"
)

// releaser keeps an app of the latest source that works behind the proxy.
type releaser struct {
	*builder
	proxy *proxy.Proxy
	watch bool

	// live is closed when the first app answers.
	live chan struct{}

	current  *app
	retiring sync.WaitGroup
	ends     servers.Restarts // of apps that ended by themselves
}

// attempt is one try at a new app, from the source or from a binary that there is.
type attempt struct {
	fresh  bool // from the source
	cancel context.CancelFunc
	done   chan struct{} // closed when next and err are there
	next   *app
	err    error
}

func newReleaser(b *builder, p *proxy.Proxy, watch bool) *releaser {
	return &releaser{builder: b, proxy: p, watch: watch, live: make(chan struct{})}
}

// Run brings the app up and replaces it after each change, until ctx ends; then
// it stops the app. The error is why there is no app, if nobody watches for a
// change that could put it right.
func (r *releaser) Run(ctx context.Context, changed <-chan watch.Changes) error {
	defer r.stop(context.WithoutCancel(ctx))
	a := r.begin(ctx, "app", r.firstBuild)
	a.fresh = true
	var pending watch.Changes // not live yet
	for {
		var err error
		select {
		case <-ctx.Done():
			r.callOff(ctx, a)
			return nil
		case c := <-changed:
			r.terminal.Say("  %s changed", c)
			if c.Only(seedFile) && !r.state.Unseeded() {
				r.terminal.Say("  It is for new databases. To begin with one: go run ./router dev --reset")
				continue
			}
			pending = pending.Merge(c)
			r.callOff(ctx, a)
			a = r.rebuild(ctx, pending)
		case <-a.done:
			if r.finish(ctx, a) && a.fresh {
				pending = nil
			}
			a, err = r.startAgain(ctx, a.err)
		case <-r.ended():
			r.lost()
			if a.done == nil { // else a new one is on its way
				a, err = r.startAgain(ctx, nil)
			}
		}
		if err != nil {
			return err
		}
	}
}

// rebuild starts an attempt at an app of the source as it is now.
func (r *releaser) rebuild(ctx context.Context, c watch.Changes) *attempt {
	a := r.begin(ctx, "reload", func(ctx context.Context, k *terminal.Task) (string, error) {
		return r.build(ctx, k, c)
	})
	a.fresh = true
	return a
}

// begin starts an attempt: build says which binary.
func (r *releaser) begin(ctx context.Context, name string, build func(context.Context, *terminal.Task) (string, error)) *attempt {
	ctx, cancel := context.WithCancel(ctx)
	a := &attempt{cancel: cancel, done: make(chan struct{})}
	k := r.terminal.Begin(name)
	go func() {
		defer close(a.done)
		a.next, a.err = r.try(ctx, k, build)
		switch {
		case a.err == nil:
			k.Done("")
		case ctx.Err() != nil:
			k.Drop()
		default:
			k.Fail("")
		}
	}()
	return a
}

// idle returns an attempt at nothing, which never ends by itself.
func idle() *attempt { return &attempt{cancel: func() {}} }

// try builds, migrates and starts.
func (r *releaser) try(ctx context.Context, k *terminal.Task, build func(context.Context, *terminal.Task) (string, error)) (*app, error) {
	binary, err := build(ctx, k)
	if err != nil {
		return nil, err
	}
	env, err := r.prepare(ctx, k, binary)
	if err != nil {
		return nil, err
	}
	if err := r.prepareDatabase(ctx, k, binary, env); err != nil {
		return nil, err
	}
	k.Progress("starting")
	return startApp(ctx, r.root, binary, env, r.state.Dir, r.terminal.Lines())
}

// callOff ends an attempt that is out of date. One that has just succeeded goes
// live all the same.
func (r *releaser) callOff(ctx context.Context, a *attempt) {
	a.cancel()
	if a.done == nil {
		return
	}
	<-a.done
	if a.err == nil {
		r.finish(ctx, a)
	}
}

// finish puts the new app in place of the old one, or shows why there is none. It
// reports whether there is one.
func (r *releaser) finish(ctx context.Context, a *attempt) bool {
	a.cancel()
	if a.err != nil {
		f := terminal.AsFailure(a.err)
		r.terminal.Problem(f)
		r.proxy.Fail(f)
		if r.current != nil {
			r.terminal.Say("  The last good build keeps running.")
		}
		return false
	}
	old := r.current
	r.current, r.inUse = a.next, a.next.binary
	r.proxy.Switch(a.next.backend)
	if a.fresh {
		r.proxy.Fail(nil)
	}
	if old != nil {
		r.retiring.Go(func() { old.Retire(context.WithoutCancel(ctx)) })
	}
	select {
	case <-r.live:
	default:
		close(r.live)
	}
	return true
}

// ended returns a channel that is closed when the app that should run does not.
func (r *releaser) ended() <-chan struct{} {
	if r.current == nil {
		return nil
	}
	return r.current.process.Done()
}

// lost takes note that the app has ended by itself.
func (r *releaser) lost() {
	dead := r.current
	r.current = nil
	r.proxy.Gone(dead.backend)
	r.terminal.Say("  ! the app ended by itself (%v)", dead.process.Err())
}

// startAgain starts the last good binary again if no app is running, unless that has
// been tried too often. Without any, cause is why.
func (r *releaser) startAgain(ctx context.Context, cause error) (*attempt, error) {
	switch {
	case r.current != nil:
		return idle(), nil
	case r.inUse == "": // there has never been a good one
		if r.watch {
			cause = nil
		}
		return idle(), cause
	}
	pause, again := r.ends.Next(time.Now())
	if again {
		return r.begin(ctx, "app", func(ctx context.Context, _ *terminal.Task) (string, error) {
			backoff.Sleep(ctx, pause)
			return r.inUse, ctx.Err()
		}), nil
	}
	f := terminal.Failed("The app keeps ending by itself", "router serve", "See the terminal of `router dev`.")
	r.terminal.Problem(f)
	r.proxy.Fail(f)
	if !r.watch {
		return idle(), f
	}
	r.terminal.Say("  It is started again after the next change.")
	return idle(), nil
}

// stop ends every app.
func (r *releaser) stop(ctx context.Context) {
	if r.current != nil {
		r.proxy.Gone(r.current.backend) // a step that is called for now waits until the next run of dev
		r.current.Retire(ctx)
	}
	r.retiring.Wait()
}
