package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"switchyard/internal/clientip"
	"switchyard/router/internal/serve/accesslog"
	"switchyard/router/internal/serve/drain"
	"switchyard/router/internal/serve/joined"
	"switchyard/router/internal/serve/timed"
)

// Limits of a connection. Those for reading and writing hold until a guard sets
// its function's own. Package timed keeps all of them by one timer a connection.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 60 * time.Second
	writeTimeout      = 60 * time.Second
	// Railway's edge keeps an idle connection for 60 s. Who closes first must be
	// the edge, or it sends requests into connections that are just closing.
	idleTimeout    = 75 * time.Second
	maxHeaderBytes = 32 << 10 // as Railway's edge
)

// How a drain goes about connections.
const (
	defaultDrain = 25 * time.Second
	// patience bounds the wait until nobody connects any more, and the wait for
	// clients to let go of their connections.
	patience = time.Second
)

// Lasting has answers that last until the client goes, such as streams.
type Lasting interface {
	// EndStreams ends them, and refuses new ones.
	EndStreams()
}

// Run serves on l until ctx ends, and then drains: /readyz fails, and after
// Config.Server.DrainDelay the listener closes, every answer closes its connection, and
// requests already here finish. It returns nil if all of them did within
// Config.Server.DrainTimeout (zero means 25 s), and an error that tells how many were cut
// if not. It does not wait for calls that were given up, see Config.Overrun, but logs how
// many there are. It closes l, ends the contexts of all requests that are left, and may be
// called once.
func (h *Host) Run(ctx context.Context, l net.Listener) error {
	base, end := context.WithCancel(context.WithoutCancel(ctx)) // the end of ctx begins the drain; it must not end the requests
	defer end()
	counting, stop := context.WithCancel(base)
	var wg sync.WaitGroup
	wg.Go(func() { h.accesses.CountUnwritten(counting) })
	defer wg.Wait()
	defer stop()

	s := &serving{listener: &drain.Listener{Listener: l}, open: drain.NewCount(), served: make(chan error, 1)}
	s.server = h.server(base, s.open)
	go func() { s.served <- s.server.Serve(joined.Listener{Listener: &timed.Listener{Listener: s.listener}}) }()
	if err := h.takeRequests(ctx, s.served); err != nil {
		_ = s.server.Close()
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	}
	return h.drain(base, s)
}

// serving is a server that runs.
type serving struct {
	server   *http.Server
	listener *drain.Listener
	open     *drain.Count // of connections
	served   chan error   // gets why it takes no more of them
}

// server returns the server of the host. The contexts of its requests are of base, and open counts
// its connections.
func (h *Host) server(base context.Context, open *drain.Count) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           h,
		Protocols:         &protocols,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         open.Note,
		ErrorLog:          slog.NewLogLogger(accesslog.Limited(h.logger.Handler()), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return joined.Connected(clientip.Connected(ctx, c), c)
		},
	}
}

// drain takes no more connections, and waits until the requests that are here have ended. The
// error tells how many were cut.
func (h *Host) drain(base context.Context, s *serving) error {
	limit := cmp.Or(h.config.Server.DrainTimeout, defaultDrain)
	ctx, cancel := context.WithTimeout(base, limit)
	defer cancel()
	h.logger.InfoContext(ctx, "draining", slog.Int64("running", h.running.Load()), slog.Int64("lost", h.lost()))
	h.draining.Store(true)
	for _, l := range h.config.Lasting {
		l.EndStreams()
	}
	s.listener.Shut(patience)
	if err := <-s.served; !errors.Is(err, net.ErrClosed) {
		h.logger.WarnContext(ctx, "accept", slog.Any("error", err))
	}
	patient, impatient := context.WithTimeout(ctx, patience)
	defer impatient()
	_ = s.open.Wait(patient)
	if err := cmp.Or(s.server.Shutdown(ctx), h.idling.Wait(ctx)); err != nil {
		cut := h.running.Load()
		_ = s.server.Close()
		return fmt.Errorf("drain: %d requests were cut after %s", cut, limit)
	}
	h.parting.Wait()
	if lost := h.lost(); lost > 0 {
		h.logger.WarnContext(ctx, "drained, and gave up calls that do not end", slog.Int64("lost", lost))
		return nil
	}
	h.logger.InfoContext(ctx, "drained")
	return nil
}

// lost returns how many calls were given up and still run: nothing waits for them.
func (h *Host) lost() int64 {
	if h.config.Overrun == nil {
		return 0
	}
	return h.config.Overrun.Lost()
}

// takeRequests returns when the host shall take no more requests: Config.Server.DrainDelay
// after ctx has ended. In between /readyz fails, so that a proxy that looks there sends requests
// elsewhere before nobody listens here. The error is that of a server that ends before.
func (h *Host) takeRequests(ctx context.Context, served <-chan error) error {
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	h.leaving.Store(true)
	delay := h.config.Server.DrainDelay
	if delay == 0 {
		return nil
	}
	h.logger.InfoContext(ctx, "leaving: requests are still taken", slog.Duration("for", delay))
	select {
	case err := <-served:
		return err
	case <-time.After(delay):
		return nil
	}
}
