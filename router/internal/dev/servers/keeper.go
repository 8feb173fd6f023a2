package servers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/internal/backoff"
	"switchyard/internal/stack"
	"switchyard/router/internal/dev/terminal"
)

// running is a server that was started.
type running interface {
	Stop() error
	Done() <-chan struct{}
}

// keeper keeps one server running until it is told to stop: a server that ends by
// itself, or is replaced, is started again, on the same port.
type keeper struct {
	name    string
	port    int
	log     *logFile
	start   starter
	replace chan func(running) // gets what ends the server that runs

	ready  chan struct{} // closed when the server is up for the first time
	cancel context.CancelFunc
	done   chan struct{} // closed when the server has stopped
	err    error         // how the stopping went; to be read after done
}

// starter starts a server and returns what there is to say of it.
type starter func(ctx context.Context, o stack.Options) (server running, detail string, err error)

// keep starts the server in the background. If it cannot be kept running, fatal is told.
func (k *keeper) keep(ctx context.Context, folder string, t *terminal.Terminal, fatal func(error)) {
	ctx, k.cancel = context.WithCancel(context.WithoutCancel(ctx)) // stopped in order, not all at once
	k.ready, k.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(k.done)
		if err := k.run(ctx, folder, t); err != nil {
			fatal(err)
		}
	}()
}

// run returns when ctx has ended and the server has stopped, or when it makes no
// sense to start it again.
func (k *keeper) run(ctx context.Context, folder string, t *terminal.Terminal) error {
	var ends Restarts
	for first := true; ; first = false {
		shown := t.Begin(title(k.name))
		server, detail, err := k.start(ctx, stack.Options{Dir: folder, Port: k.port, Log: k.log, Progress: shown.Progress})
		switch {
		case err == nil:
			shown.Done(detail)
			if first {
				close(k.ready)
			}
			if k.stay(ctx, t, server) {
				continue
			}
		case first || ctx.Err() != nil:
			shown.Drop()
		default:
			shown.Fail(err.Error())
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to stop
		}
		if first && err != nil {
			return fmt.Errorf("start %s: %w", title(k.name), err)
		}
		pause, again := ends.Next(time.Now())
		if !again {
			return fmt.Errorf("%s keeps ending by itself; its log is in the folder logs of the state folder", title(k.name))
		}
		if !backoff.Sleep(ctx, pause) {
			return nil
		}
	}
}

// stay returns when the server has stopped: because ctx has ended, by itself, or because
// another one is to take its place, which it reports.
func (k *keeper) stay(ctx context.Context, t *terminal.Terminal, server running) (replaced bool) {
	select {
	case <-ctx.Done():
		k.err = server.Stop()
	case end := <-k.replace:
		end(server)
		return true
	case <-server.Done():
		t.Say("  ! %s ended by itself", title(k.name))
	}
	return false
}

// Stop stops the server and returns when it is down.
func (k *keeper) Stop() error {
	k.cancel()
	<-k.done
	if err := errors.Join(k.err, k.log.Close()); err != nil {
		return fmt.Errorf("stop %s: %w", title(k.name), err)
	}
	return nil
}

// wait returns when the server is up for the first time.
func (k *keeper) wait(ctx context.Context) error {
	select {
	case <-k.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
