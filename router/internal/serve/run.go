package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of a connection. Those for reading and writing hold until a guard sets
// its function's own.
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

// Run serves on l until ctx ends, and then drains: /readyz fails, the listener
// closes, every answer closes its connection, and requests already here finish. It
// returns nil if all of them did within Config.Server.DrainTimeout (zero means 25 s),
// and an error that tells how many were cut if not. It closes l, and may be called
// once.
func (h *Host) Run(ctx context.Context, l net.Listener) error {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	open := &connections{none: make(chan struct{}, 1)}
	listener := &drainListener{Listener: l}
	base := context.WithoutCancel(ctx) // the end of ctx begins the drain; it must not end the requests
	server := &http.Server{
		Handler:           h,
		Protocols:         &protocols,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         open.note,
		ErrorLog:          slog.NewLogLogger(bounded{h.logger.Handler(), &h.strangers}, slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	counting, stop := context.WithCancel(base)
	var wg sync.WaitGroup
	wg.Go(func() { h.countFloods(counting) })
	defer wg.Wait()
	defer stop()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		_ = server.Close()
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}

	limit := h.config.Server.DrainTimeout
	if limit == 0 {
		limit = defaultDrain
	}
	ctx, cancel := context.WithTimeout(base, limit)
	defer cancel()
	h.logger.InfoContext(ctx, "draining", slog.Int64("running", h.running.Load()))
	h.draining.Store(true)
	listener.drain(patience)
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		h.logger.WarnContext(ctx, "accept", slog.Any("error", err))
	}
	open.wait(ctx, patience)
	if err := server.Shutdown(ctx); err != nil {
		cut := h.running.Load()
		_ = server.Close()
		return fmt.Errorf("drain: %d requests were cut after %s", cut, limit)
	}
	h.logger.InfoContext(ctx, "drained")
	return nil
}

// connections counts the open ones.
type connections struct {
	open atomic.Int64
	none chan struct{} // gets a value when the last one closed
}

// note is the server's ConnState.
func (c *connections) note(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		if c.open.Add(-1) == 0 {
			select {
			case c.none <- struct{}{}:
			default:
			}
		}
	case http.StateActive, http.StateIdle:
	}
}

// wait returns when no connection is open, or after d, or when ctx ends.
func (c *connections) wait(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for c.open.Load() > 0 {
		select {
		case <-c.none:
		case <-ctx.Done():
			return
		}
	}
}
