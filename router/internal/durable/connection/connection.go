// Package connection keeps a connection to Inngest open, over which Inngest calls the
// functions of a host that nobody can reach.
package connection

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/connect"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/backoff"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/registration"
	"switchyard/shared/db"
	"switchyard/shared/events/ledger"
)

const (
	openWithin = 10 * time.Second       // the SDK would take 30 s to give up
	lookEvery  = 500 * time.Millisecond // at the state of the connection
	// mendWithin is how long the SDK may try to mend a connection. It waits 1, 2 and 5 s
	// before its first tries; after five it gives up, and does not say so.
	mendWithin   = 10 * time.Second
	dropWithin   = 2 * time.Second // a connection that is lost
	askDatabase  = 5 * time.Second // one question to the database
	defaultDrain = 25 * time.Second
)

// Config describes a [Connector].
type Config struct {
	// DB is where the ledger is. Nil: there is none.
	DB *db.DB
	// Drain is how long running calls may take to finish at the end. Defaults to 25 s.
	Drain  time.Duration
	Logger *slog.Logger
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
	host       *durable.Host
	app        *registration.App
	db         *db.DB
	log        *slog.Logger
	drain      time.Duration
	options    inngestgo.ConnectOpts
	without    []string // ids of functions that Inngest refuses
	registered chan struct{}
	known      sync.Once // closes registered
	line       *line     // that is open, if one is
}

// New returns the connector of this process, whose functions are those of host and app.
// Nothing happens before its Run.
func New(host *durable.Host, app *registration.App, c Config) *Connector {
	return &Connector{
		host:  host,
		app:   app,
		db:    c.DB,
		log:   c.Logger,
		drain: cmp.Or(c.Drain, defaultDrain),
		options: inngestgo.ConnectOpts{
			InstanceID: new(rand.Text()),
			// Each job has its own. Were it not set, the environment would be asked.
			MaxWorkerConcurrency: new(int64(0)),
			MessageReadLimit:     new(int64(durable.MaxBody)),
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
	var f registration.Failures
	for {
		lasted, err := c.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if lasted > registration.MaxWait {
			f = registration.Failures{}
		}
		level := f.Add(err)
		c.log.Log(ctx, level, "jobs are not connected to Inngest; trying again",
			slog.String("server", c.app.Server()), slog.Int("tries", f.Count()), slog.Any("error", err))
		backoff.Sleep(ctx, f.Wait())
	}
}

// session is one connection, until it is lost or ctx ends. It returns how long there was
// one, and why there is not.
func (c *Connector) session(ctx context.Context) (lasted time.Duration, err error) {
	if c.line, err = c.open(ctx); err != nil {
		return 0, errors.Join(err, c.await(ctx), c.leaveOut(ctx))
	}
	since := time.Now()
	c.log.InfoContext(ctx, "jobs are connected to Inngest",
		slog.String("server", c.app.Server()), slog.Int("functions", c.host.Count()))
	if err = c.watch(ctx); err != nil {
		c.line.cancel() // first: else the SDK waits for what cannot come any more
		c.line.close(dropWithin)
		c.line, c.without = nil, nil // another Inngest may take what this one refused
	}
	return time.Since(since), err
}

// leaveOut has the connections of this process go without the functions that Inngest
// refuses. While there are any it takes no connection, and does not say why.
func (c *Connector) leaveOut(ctx context.Context) error {
	m, err := c.app.Manifest(ctx)
	if err != nil {
		return err
	}
	wrong, err := c.app.Refused(ctx, m, m.Functions)
	if err != nil || len(wrong) == 0 {
		return err
	}
	c.without = registration.IDs(wrong)
	c.app.Blame(ctx, wrong)
	return nil
}

// line is one connection.
type line struct {
	connect.WorkerConnection

	cancel context.CancelFunc // ends what belongs to it, and stops what runs from being answered
}

// open returns a new connection, or an error after less than half a minute.
func (c *Connector) open(ctx context.Context) (*line, error) {
	if err := c.app.TryConnect(ctx); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if _, err := c.app.Claim(ctx, nil); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	client, err := c.host.Client(c.without...)
	if err != nil {
		return nil, err
	}
	c.options.Apps = []inngestgo.Client{client}
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
	var f registration.Failures
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
				c.log.Log(ctx, f.Add(err), "nobody knows which jobs listen to which events; trying again", slog.Any("error", err))
			}
			due = time.Now().Add(f.Wait())
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// listen writes down which functions Inngest has been told of, and which it refuses.
func (c *Connector) listen(ctx context.Context) error {
	if c.db == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	return c.db.InTx(ctx, func(tx pgx.Tx) error { return ledger.Listen(ctx, tx, c.host.Listeners(), c.without...) })
}

// await has events wait for functions that Inngest has never been told of.
func (c *Connector) await(ctx context.Context) error {
	if c.db == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	return ledger.Await(ctx, c.db, c.host.Listeners())
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
