package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"switchyard/router/internal/serve/accesslog"
	"switchyard/router/internal/serve/drain"
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
	open := drain.NewConnections()
	listener := &drain.Listener{Listener: l}
	base := context.WithoutCancel(ctx) // the end of ctx begins the drain; it must not end the requests
	server := &http.Server{
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
	}
	counting, stop := context.WithCancel(base)
	var wg sync.WaitGroup
	wg.Go(func() { h.accesses.CountUnwritten(counting) })
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
	listener.Shut(patience)
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		h.logger.WarnContext(ctx, "accept", slog.Any("error", err))
	}
	open.Wait(ctx, patience)
	if err := server.Shutdown(ctx); err != nil {
		cut := h.running.Load()
		_ = server.Close()
		return fmt.Errorf("drain: %d requests were cut after %s", cut, limit)
	}
	h.logger.InfoContext(ctx, "drained")
	return nil
}
