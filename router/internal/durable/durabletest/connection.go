package durabletest

import (
	"context"
	"sync"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/connection"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events/ledger"
)

// Drain is longer than anything runs that has to finish.
const Drain = await.Patience

// NewConnector returns one for functions, which nobody can reach. What runs at its end has so long
// to finish.
func NewConnector(t *testing.T, jobs config.Jobs, drain time.Duration, d *db.DB, functions ...function.Function) *connection.Connector {
	t.Helper()
	jobs.Connect = true
	c := durable.Config{Functions: functions, Jobs: jobs, Overrun: &overrun.Set{}, Logger: Log(t)}
	if d != nil {
		c.Ledger = ledger.New(d)
	}
	host, err := durable.New(c)
	Must(t, err)
	app := registration.New(host, jobs, Log(t))
	return connection.New(host, app, connection.Config{DB: d, Drain: drain, Logger: Log(t)})
}

// Connect has the server call functions over a connection, until the test ends or what
// it returns is called, which waits for what runs.
func (s *Server) Connect(t *testing.T, d *db.DB, functions ...function.Function) (disconnect func()) {
	t.Helper()
	c := NewConnector(t, s.Jobs(), Drain, d, functions...)
	disconnect = Running(t, c)
	Within(t, "the functions are registered", c.Registered())
	return disconnect
}

// Running has c run. What it returns ends that, and waits.
func Running(t *testing.T, c *connection.Connector) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		c.Run(ctx)
		close(ended)
	}()
	end = sync.OnceFunc(func() {
		cancel()
		Within(t, "the connector stops", ended)
	})
	t.Cleanup(end)
	return end
}
