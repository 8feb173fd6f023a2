package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/bench/cpu"
	"switchyard/bench/inngest/load"
	"switchyard/internal/stack"
	"switchyard/internal/stack/process"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
)

// appID is what Inngest knows the router as.
const appID = "switchyard"

// atOnce is how many events a transaction publishes in a flood.
const atOnce = 100

// switchyard is a router and its database. The program publishes into that itself; the
// router's relay sends the events, and its ledger says when runs begin and end.
type switchyard struct {
	dir    string
	router *process.Process
	db     *db.DB
	bus    *events.Bus
	stops  []func() error
}

// startSwitchyard starts the program, whose jobs the server runs. With connect it opens
// the connection by which it is called.
func startSwitchyard(ctx context.Context, s *server, program, dir string, connect bool) (_ *switchyard, err error) {
	w := &switchyard{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start the router: %w", err), w.close())
		}
	}()
	postgres, err := stack.StartPostgres(ctx, stack.PostgresOptions{Options: stack.Options{Dir: dir}, Durable: true})
	if err != nil {
		return nil, err
	}
	w.stops = append(w.stops, postgres.Stop)
	database, err := postgres.CreateDatabase(ctx, "app")
	if err != nil {
		return nil, err
	}
	port, err := stack.FreePort()
	if err != nil {
		return nil, err
	}
	environment := w.environment(s, database, port, connect)
	if err := w.start(ctx, program, environment); err != nil {
		return nil, err
	}
	if w.db, err = db.Open(ctx, config.Database{URL: config.Secret(database)}); err != nil {
		return nil, err
	}
	w.stops = append(w.stops, w.db.Close)
	r := config.NewReader(func(name string) string { return environment[name] })
	c := config.Read[config.Events](r)
	if err := r.Err(); err != nil {
		return nil, err
	}
	w.bus, err = events.Open(ctx, c, w.db)
	return w, err
}

func (w *switchyard) environment(s *server, database string, port int, connect bool) map[string]string {
	url := "http://127.0.0.1:" + strconv.Itoa(port)
	e := map[string]string{
		"HOST": "127.0.0.1", "PORT": strconv.Itoa(port), "DATABASE_URL": database, "LOG_LEVEL": "warn", "LOG_FORMAT": "json",
		"BETTER_AUTH_URL": url, "BETTER_AUTH_SECRET": "a secret of at least 32 characters",
		"INNGEST_APP_ID": appID, "RAILWAY_DEPLOYMENT_ID": "1",
	}
	if s.hosted() {
		e["INNGEST_BASE_URL"], e["INNGEST_EVENT_KEY"], e["INNGEST_SIGNING_KEY"] = s.URL, s.EventKey, s.SigningKey
	} else {
		e["INNGEST_DEV"] = s.URL
	}
	if connect {
		e["INNGEST_CONNECT"] = "on"
	}
	return e
}

// start migrates the database and starts the router.
func (w *switchyard) start(ctx context.Context, program string, environment map[string]string) error {
	var variables []string
	for name, value := range environment {
		variables = append(variables, name+"="+value)
	}
	migrate := exec.CommandContext(ctx, program, "migrate")
	migrate.Env = variables
	if said, err := migrate.CombinedOutput(); err != nil {
		return fmt.Errorf("router migrate: %w\n%s", err, said)
	}
	log, err := os.Create(filepath.Join(w.dir, "router.log"))
	if err != nil {
		return err
	}
	w.stops = append(w.stops, log.Close)
	claim, err := process.Take(w.dir, "router")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, "serve")
	cmd.Env = variables
	if w.router, err = process.Start(process.Command{Label: "the router", Cmd: cmd, Claim: claim, Log: log}); err != nil {
		return err
	}
	w.stops = append(w.stops, w.router.Stop)
	return w.router.Until(ctx, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, environment["BETTER_AUTH_URL"]+"/readyz", nil)
		if err != nil {
			return err
		}
		return do(req)
	})
}

// cpu implements app: that of the router and its PostgreSQL.
func (w *switchyard) cpu() (time.Duration, error) { return cpu.Recorded(w.dir) }

// series implements app.
func (w *switchyard) series(c load.Case) (series, error) {
	first, err := uuid.NewV7()
	return &published{switchyard: w, c: c, first: first}, err
}

func (w *switchyard) close() error {
	var errs []error
	for _, stop := range slices.Backward(w.stops) {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// published are events that were published since first was made: their ids grow.
type published struct {
	*switchyard
	c     load.Case
	first uuid.UUID
	at    []time.Time // when each had committed
}

// event is one for a case.
type event struct {
	load.Input
	name string
}

// EventName implements events.Event.
func (e event) EventName() string { return e.name }

// publish implements series.
func (p *published) publish(ctx context.Context, n int) error {
	for n > 0 {
		some := make([]events.Event, min(n, atOnce))
		for i := range some {
			some[i] = event{load.Input{N: len(p.at) + i}, p.c.Spec().Events[0]}
		}
		err := p.db.InTx(ctx, func(tx pgx.Tx) error { return p.bus.Publish(ctx, tx, some...) })
		if err != nil {
			return err
		}
		committed := time.Now()
		for range some {
			p.at = append(p.at, committed)
		}
		n -= len(some)
	}
	return nil
}

// runs implements series.
func (p *published) runs(ctx context.Context) ([]run, error) {
	rows, err := p.db.Query(ctx, `SELECT begun_at, due_at FROM event_run
		WHERE event_id > $1 AND function = $2 AND outcome = 'done' ORDER BY event_id`, p.first, appID+"-jobs-"+p.c.ID())
	if err != nil {
		return nil, err
	}
	n := 0
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r run, err error) {
		if n < len(p.at) {
			r.published = p.at[n]
		}
		n++
		err = row.Scan(&r.begun, &r.ended)
		return r, err
	})
}
