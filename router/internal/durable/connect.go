package durable

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/connect"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/events/ledger"
)

const (
	// connectOrigin stands for the URL that a host has not: nobody goes there, and it
	// is the same in each replica.
	connectOrigin = "http://connect"

	openWithin = 10 * time.Second       // the SDK would take 30 s to give up
	lookEvery  = 500 * time.Millisecond // at the state of the connection
	// mendWithin is how long the SDK may try to mend a connection. It waits 1, 2 and 5 s
	// before its first tries; after five it gives up, and does not say so.
	mendWithin   = 10 * time.Second
	dropWithin   = 2 * time.Second // a connection that is lost
	defaultDrain = 25 * time.Second
)

// ConnectorConfig is what a [Connector] needs.
type ConnectorConfig struct {
	// DB is where the ledger is. Nil: there is none.
	DB *db.DB
	// Drain is how long running calls may take to finish at the end. Defaults to 25 s.
	Drain time.Duration
}

// Connector keeps a connection to Inngest open, over which Inngest calls the functions
// of this process: the host's handler is not needed, nor that anybody can reach it.
// Inngest is told of the functions at each connection, and keeps exactly those. So
// there must be one service that serves all jobs, in any number of replicas.
//
// The SDK opens a connection and mends it at times, but not always, and it waits for a
// server without a limit. So the Connector looks at the connection, and replaces one
// that is lost. What ran over it runs to its end here; Inngest does not learn its
// result, and calls again after some minutes at most.
type Connector struct {
	host       *Host
	db         *db.DB
	drain      time.Duration
	options    inngestgo.ConnectOpts
	registered chan struct{}
	known      sync.Once // closes registered
	line       *line     // that is open, if one is
}

// NewConnector returns the connector of this process. Its Run is what works.
func (h *Host) NewConnector(c ConnectorConfig) *Connector {
	return &Connector{
		host:  h,
		db:    c.DB,
		drain: cmp.Or(c.Drain, defaultDrain),
		options: inngestgo.ConnectOpts{
			Apps:       []inngestgo.Client{h.client},
			InstanceID: new(rand.Text()),
			// Each job has its own. Were it not set, the environment would be asked.
			MaxWorkerConcurrency: new(int64(0)),
			MessageReadLimit:     new(int64(maxBody)),
		},
		registered: make(chan struct{}),
	}
}

// Registered is closed once Inngest has the functions, and the ledger their listeners.
func (c *Connector) Registered() <-chan struct{} { return c.registered }

// Run keeps the connection until ctx ends, then lets running calls finish, but takes no
// more. It tries as long as it takes, waiting ever longer, at most 30 s, between
// tries. Trouble, and its end, goes to the log.
func (c *Connector) Run(ctx context.Context) {
	defer c.finish(context.WithoutCancel(ctx))
	var t trouble
	for {
		lasted, err := c.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if lasted > maxWait {
			t = trouble{}
		}
		level := t.level(err)
		c.host.log.Log(ctx, level, "jobs are not connected to Inngest; trying again",
			slog.String("server", c.host.server), slog.Int("tries", t.tries), slog.Any("error", err))
		pause(ctx, t.pause())
	}
}

// session is one connection, until it is lost or ctx ends. It returns how long there was
// one, and why there is not.
func (c *Connector) session(ctx context.Context) (lasted time.Duration, err error) {
	if c.line, err = c.open(ctx); err != nil {
		return 0, errors.Join(err, c.leaveOut(ctx))
	}
	since := time.Now()
	c.host.log.InfoContext(ctx, "jobs are connected to Inngest",
		slog.String("server", c.host.server), slog.Int("functions", len(c.host.names)))
	if err = c.watch(ctx); err != nil {
		c.line.cancel() // first: else the SDK waits for what cannot come any more
		c.line.close(dropWithin)
		c.line = nil
	}
	return time.Since(since), err
}

// leaveOut has the connections of this process go without the functions that Inngest
// refuses. While there are any it takes no connection, and does not say why.
func (c *Connector) leaveOut(ctx context.Context) error {
	m, err := c.host.manifest(ctx)
	if err != nil {
		return err
	}
	functions, err := m.list()
	if err != nil {
		return err
	}
	wrong, err := c.host.refused(ctx, m, functions)
	if err != nil || len(wrong) == 0 {
		return err
	}
	client, err := c.host.clientWithout(idsOf(wrong))
	if err != nil {
		return err
	}
	c.options.Apps = []inngestgo.Client{client}
	c.host.blame(ctx, wrong)
	return nil
}

// line is one connection.
type line struct {
	connect.WorkerConnection

	cancel context.CancelFunc // ends what belongs to it, and stops what runs from being answered
}

// open returns a new connection, or an error after less than half a minute.
func (c *Connector) open(ctx context.Context) (*line, error) {
	// What the SDK would ask first. It does not say why that fails, and takes 30 s to
	// find out.
	if _, _, err := c.host.ask(ctx, http.MethodPost, "/v0/connect/start", nil); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if _, err := c.host.claim(ctx, nil); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	defer stop() // once it is open it ends in its own time
	late := time.AfterFunc(openWithin, cancel)
	conn, err := inngestgo.Connect(own, c.options)
	if !late.Stop() && err == nil {
		_ = conn.Close()
		err = errors.New("it took too long")
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &line{conn, cancel}, nil
}

// watch returns when ctx ends or, with an error, when the connection is lost.
func (c *Connector) watch(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var t trouble
	listening, due, well := false, time.Now(), time.Now()
	for ctx.Err() == nil {
		switch state := c.line.State(); {
		case state == connect.ConnectionStateActive:
			well = time.Now()
		case state == connect.ConnectionStateClosed, time.Since(well) > mendWithin:
			return errors.New("the connection is lost: " + strings.ToLower(string(state)))
		}
		if !listening && time.Now().After(due) {
			err := c.listen(ctx)
			if listening = err == nil; listening {
				c.known.Do(func() { close(c.registered) })
			} else if ctx.Err() == nil {
				c.host.log.Log(ctx, t.level(err), "nobody knows which jobs listen to which events; trying again", slog.Any("error", err))
			}
			due = time.Now().Add(t.pause())
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// listen writes down which functions Inngest has been told of.
func (c *Connector) listen(ctx context.Context) error {
	if c.db == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	return c.db.InTx(ctx, func(tx pgx.Tx) error { return ledger.Listen(ctx, tx, c.host.Listeners()) })
}

// close closes the connection, and reports whether it was closed within d.
func (l *line) close(d time.Duration) bool {
	closed := make(chan struct{})
	go func() {
		_ = l.Close() // never fails once it is open
		close(closed)
	}()
	select {
	case <-closed:
		return true
	case <-time.After(d):
		return false
	}
}
