package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/bench/cpu"
	"switchyard/internal/migrate"
	"switchyard/internal/schema"
	"switchyard/internal/stack"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
)

// deployment is a database, a relay's bus, and what takes its events.
type deployment struct {
	dir      string
	postgres *stack.Postgres
	remove   func() error
	db       *db.DB
	bus      *events.Bus
	taker    *taker
}

// open starts all of it but the relay.
func open(ctx context.Context) (*deployment, error) {
	dir, remove, err := stack.TempDir()
	if err != nil {
		return nil, err
	}
	d := &deployment{dir: dir, remove: remove}
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *deployment) start(ctx context.Context) error {
	var err error
	d.postgres, err = stack.StartPostgres(ctx, stack.PostgresOptions{Options: stack.Options{Dir: d.dir}, Durable: true})
	if err != nil {
		return err
	}
	url, err := d.postgres.CreateDatabase(ctx, "bench")
	if err != nil {
		return err
	}
	tables, err := relayTables(ctx)
	if err != nil {
		return err
	}
	if _, err := migrate.Apply(ctx, url, tables, migrate.Options{}); err != nil {
		return err
	}
	if d.db, err = db.Open(ctx, config.Database{URL: config.Secret(url)}); err != nil {
		return err
	}
	if d.taker, err = take(ctx, d.db); err != nil {
		return err
	}
	environment := map[string]string{
		"INNGEST_BASE_URL": d.taker.url, "INNGEST_EVENT_KEY": "key",
		"EVENTS_RESEND_AFTER": "1s", // which is also how soon is looked whether runs have ended
	}
	r := config.NewReader(func(name string) string { return environment[name] })
	c := config.Read[config.Events](r)
	if err := r.Err(); err != nil {
		return err
	}
	if d.bus, err = events.Open(ctx, c, d.db); err != nil {
		return err
	}
	// With a listener an event stays until its run has ended, as in production.
	_, err = d.db.Exec(ctx, `INSERT INTO listener (event, function) VALUES ('bench/happened', 'switchyard-jobs-bench')`)
	return err
}

// relayTables returns the tables of events alone.
func relayTables(ctx context.Context) (schema.Source, error) {
	dir, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "switchyard/shared/events").Output()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "schema.hcl"))
	return schema.Source("schema \"public\" {}\n" + string(text)), err
}

func (d *deployment) close() error {
	var errs []error
	if d.bus != nil {
		errs = append(errs, d.bus.Close())
	}
	if d.taker != nil {
		errs = append(errs, d.taker.close())
	}
	if d.db != nil {
		errs = append(errs, d.db.Close())
	}
	if d.postgres != nil {
		errs = append(errs, d.postgres.Stop())
	}
	return errors.Join(append(errs, d.remove())...)
}

// run runs a relay until do has returned.
func (d *deployment) run(ctx context.Context, do func() error) error {
	relaying, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.bus.Relay(relaying, slog.New(slog.NewTextHandler(os.Stderr, nil))) }()
	err := do()
	stop()
	return errors.Join(err, <-ended)
}

// backlog is what stands in the outbox.
type backlog struct {
	name    string
	waiting int
	keyed   bool // those that wait have a key each
	unheard bool // nobody listens to those that wait
	begun   int  // whose runs go on
}

// fill adds rows as Publish makes them: their ids are UUIDs of version 7, which grow
// with time, and one was published every millisecond.
const fill = `INSERT INTO outbox (id, name, key, data, created_at, state, sends, next_at)
	SELECT (lpad(to_hex(extract(epoch FROM at)::bigint * 1000 + n % 1000), 12, '0')
			|| '7' || substr(md5(n::text || $3), 1, 3) || '8' || substr(md5($3 || n::text), 1, 15))::uuid,
		$5, CASE WHEN $2 THEN 'key ' || n END,
		jsonb_build_object('n', n, 'text', repeat('x', 200)), at, $3, CASE $3 WHEN 'begun' THEN 1 ELSE 0 END,
		at + $4::interval
	FROM (SELECT n, date_trunc('second', now()) - interval '1 hour' + n * interval '1 millisecond' AS at
		FROM generate_series(1, $1::int) AS n) AS made`

// prepare leaves just b in the outbox.
func (d *deployment) prepare(ctx context.Context, b backlog) error {
	if _, err := d.db.Exec(ctx, `TRUNCATE outbox, event_run`); err != nil {
		return err
	}
	name := happened{}.EventName()
	if _, err := d.db.Exec(ctx, fill, b.begun, false, "begun", 2*time.Hour, name); err != nil {
		return err
	}
	if b.unheard {
		name = "bench/unheard"
	}
	if _, err := d.db.Exec(ctx, fill, b.waiting, b.keyed, "waiting", time.Duration(0), name); err != nil {
		return err
	}
	for _, statement := range []string{`VACUUM ANALYZE outbox`, `CHECKPOINT`} {
		if _, err := d.db.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// cost is what it took to relay some events.
type cost struct {
	sending time.Duration // until all had been sent, counted from the first request on
	events  int           // that were sent in all: a relay that is stopped goes on for a moment
	cpu     time.Duration // of the relay, PostgreSQL and the taker
	wal     int64         // bytes
}

// relay returns what it costs to send n events of the backlog. With all, what is measured
// but for the time of sending goes on until the outbox is empty.
func (d *deployment) relay(ctx context.Context, b backlog, n int, all bool) (cost, error) {
	if err := d.prepare(ctx, b); err != nil {
		return cost{}, err
	}
	before, err := d.spent(ctx)
	if err != nil {
		return cost{}, err
	}
	watch := d.taker.watch(n)
	var c cost
	err = d.run(ctx, func() error {
		select {
		case c.sending = <-watch:
		case <-ctx.Done():
			return ctx.Err()
		}
		for left := all; left; {
			time.Sleep(emptyEvery)
			if err := d.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM outbox)`).Scan(&left); err != nil {
				return err
			}
		}
		return nil
	})
	after, failed := d.spent(ctx)
	c.events, c.cpu, c.wal = after.events-before.events, after.cpu-before.cpu, after.wal-before.wal
	return c, errors.Join(err, failed)
}

// emptyEvery is how often is asked whether the outbox is empty.
const emptyEvery = 100 * time.Millisecond

// spent returns what this process and PostgreSQL have spent so far.
func (d *deployment) spent(ctx context.Context) (c cost, err error) {
	if err := d.db.QueryRow(ctx, `SELECT pg_current_wal_insert_lsn() - '0/0'`).Scan(&c.wal); err != nil {
		return c, err
	}
	postgres, err := cpu.Recorded(d.dir)
	if err != nil {
		return c, err
	}
	c.cpu, err = cpu.Own()
	c.cpu += postgres
	c.events = d.taker.count()
	return c, err
}

// happened is the event.
type happened struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

// EventName implements events.Event.
func (happened) EventName() string { return "bench/happened" }

// commitToArrival publishes n events, one every interval, and returns how long after
// its commit each has arrived.
func (d *deployment) commitToArrival(ctx context.Context, n int, every time.Duration) ([]time.Duration, error) {
	if err := d.prepare(ctx, backlog{}); err != nil {
		return nil, err
	}
	arrivals := d.taker.arrivals()
	var all []time.Duration
	err := d.run(ctx, func() error {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for i := range n {
			<-tick.C
			err := d.db.InTx(ctx, func(tx pgx.Tx) error { return d.bus.Publish(ctx, tx, happened{N: -1 - i}) })
			committed := time.Now()
			if err != nil {
				return err
			}
			for a := range arrivals {
				if a.n == -1-i { // and not a late one
					all = append(all, max(0, a.at.Sub(committed)))
					break
				}
			}
		}
		return nil
	})
	return all, err
}
