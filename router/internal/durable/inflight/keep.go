package inflight

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/backoff"
	"switchyard/router/internal/durable"
	"switchyard/shared/db"
)

const (
	keepAsk   = 3 * time.Second // one question to the database
	lookEvery = time.Second     // at what keeps a release from stopping
	// maxDecided bounds how many runs a keeper remembers, of about 100 bytes each. What it has forgotten
	// it finds out again.
	maxDecided = 100_000
)

// Keeper finds, for each run that another release has begun, the release that carries it
// on: this one if it can, else one that lives and that said where it is reached.
type Keeper struct {
	host    *durable.Host
	db      *db.DB
	release string
	log     *slog.Logger
	calls   http.RoundTripper

	mu      sync.Mutex
	since   time.Time           // what has begun later, by the database's clock, is of this code
	decided map[string]*keeping // by runs
}

// keeping is where a run is carried on.
type keeping struct{ at *url.URL } // nil: here

// NewKeeper returns the keeper of this release, for [durable.Host.Handover].
func NewKeeper(c Config) *Keeper {
	transport := &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: 30 * time.Second}
	return &Keeper{host: c.Host, db: c.DB, release: c.Release, log: c.Logger, calls: transport, decided: map[string]*keeping{}}
}

// Other returns what serves a call of a run in place of this release; nil if it is
// to serve the call itself.
func (k *Keeper) Other(ctx context.Context, function, run string) http.Handler {
	k.mu.Lock()
	where := k.decided[run]
	k.mu.Unlock()
	if where == nil {
		var err error
		if where, err = k.decide(ctx, function, run); err != nil {
			k.log.WarnContext(ctx, "it is not known which release carries a run on", slog.String("run", run), slog.Any("error", err))
			return unavailable("the database does not answer, so nothing was run")
		}
		k.remember(run, where)
	}
	if where.at == nil {
		return nil
	}
	return k.forwarder(where.at, run)
}

func (k *Keeper) remember(run string, where *keeping) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.decided) >= maxDecided {
		clear(k.decided)
	}
	if where == nil {
		delete(k.decided, run)
		return
	}
	k.decided[run] = where
}

// forwarder passes calls on as they came, so that their signatures stay good.
func (k *Keeper) forwarder(to *url.URL, run string) http.Handler {
	return &httputil.ReverseProxy{
		Transport: k.calls,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			r.Out.Header.Set(durable.HandedOver, k.release)
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			k.remember(run, nil)
			k.log.WarnContext(r.Context(), "the release that carries a run on does not answer", slog.String("run", run), slog.Any("error", err))
			unavailable("the release that carries this run on does not answer").ServeHTTP(w, r)
		},
	}
}

// unavailable has Inngest try again later.
func unavailable(why string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintf(w, `{"message":%q}`, why)
	})
}

// decide asks the ledger whose the run is. One that is not this release's own is replayed.
func (k *Keeper) decide(ctx context.Context, function, run string) (*keeping, error) {
	here := &keeping{}
	began, err := k.began(ctx)
	if err != nil {
		return nil, err
	}
	ask, cancel := context.WithTimeout(ctx, keepAsk)
	defer cancel()
	var by string
	err = k.db.QueryRow(ask, `SELECT release FROM event_run WHERE run_id = $1 AND function = $2 AND outcome IS NULL
		AND (release <> $3 OR begun_at < $4) LIMIT 1`, run, function, k.release, began).Scan(&by)
	if errors.Is(err, pgx.ErrNoRows) {
		return here, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for run %s: %w", run, err)
	}
	runs, err := Database{DB: k.db}.Load(ask, []string{run})
	if err != nil || len(runs) == 0 {
		return here, err
	}
	f := judge(ctx, k.host, runs[0], false)
	if f == nil {
		return here, k.give(ctx, run, k.release)
	}
	return k.elsewhere(ctx, run, by, f)
}

// elsewhere returns the address of a living release for a run that this one cannot carry on, or
// here if there is none.
func (k *Keeper) elsewhere(ctx context.Context, run, by string, f *Finding) (*keeping, error) {
	var other, address string
	ask, cancel := context.WithTimeout(ctx, keepAsk)
	defer cancel()
	err := k.db.QueryRow(ask, `SELECT release, address FROM job_release
		WHERE origin = $1 AND release <> $2 AND address IS NOT NULL AND seen_at > now() - interval '1 minute'
		ORDER BY release = $3 DESC, since DESC LIMIT 1`, k.host.Self().URL(), k.release, by).Scan(&other, &address)
	log := k.log.With(slog.String("function", f.Function), slog.String("run", run), slog.String("reason", f.Text()))
	if errors.Is(err, pgx.ErrNoRows) {
		log.WarnContext(ctx, "no release is left that can carry a run on, so this one tries")
		return &keeping{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for other releases: %w", err)
	}
	to, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("the release %s is at %q: %w", other, address, err)
	}
	log.InfoContext(ctx, "another release carries a run on", slog.String("release", other), slog.String("address", address))
	return &keeping{to}, k.give(ctx, run, other)
}

// give notes which release carries a run on.
func (k *Keeper) give(ctx context.Context, run, release string) error {
	ctx, cancel := context.WithTimeout(ctx, keepAsk)
	defer cancel()
	_, err := k.db.Exec(ctx, `UPDATE event_run SET release = $2 WHERE run_id = $1 AND release <> $2 AND outcome IS NULL`, run, release)
	if err != nil {
		return fmt.Errorf("note who carries run %s on: %w", run, err)
	}
	return nil
}

// began returns when this process was asked for the first time. No call waits for the
// question of another, so that a database that is away costs each call one try at most.
func (k *Keeper) began(ctx context.Context) (time.Time, error) {
	k.mu.Lock()
	since := k.since
	k.mu.Unlock()
	if !since.IsZero() {
		return since, nil
	}
	ctx, cancel := context.WithTimeout(ctx, keepAsk)
	defer cancel()
	var now time.Time
	if err := k.db.QueryRow(ctx, `SELECT now()`).Scan(&now); err != nil {
		return time.Time{}, fmt.Errorf("ask for the time: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.since.IsZero() {
		k.since = now
	}
	return k.since, nil
}

// TakeOver notes that this release carries on the runs of all functions for which it found
// nothing against that. When one of them is called it is looked at once more.
//
// It returns the configurations of the functions that are gone and of which runs go on, as
// another release has registered them, but that nothing begins a run of them any more:
// Inngest forgets the runs of a function that it is not told of.
func (k *Keeper) TakeOver(ctx context.Context, found Report) (removed []json.RawMessage, err error) {
	good, gone := k.host.Functions(), []string{}
	for _, f := range found.Findings {
		good = slices.DeleteFunc(good, func(slug string) bool { return slug == f.Function })
		if f.Kind == Gone {
			gone = append(gone, f.Function)
		}
	}
	_, err = k.db.Exec(ctx, `UPDATE event_run SET release = $1
		WHERE outcome IS NULL AND release <> $1 AND function = ANY($2)`, k.release, good)
	if err != nil {
		return nil, fmt.Errorf("take over the runs in flight: %w", err)
	}
	rows, err := k.db.Query(ctx, removedFunctions, k.host.Self().URL(), k.release, gone, keptTrigger)
	if err != nil {
		return nil, fmt.Errorf("look for functions that are gone: %w", err)
	}
	if removed, err = pgx.CollectRows(rows, pgx.RowTo[json.RawMessage]); err != nil {
		return nil, fmt.Errorf("look for functions that are gone: %w", err)
	}
	return removed, nil
}

const removedFunctions = `
	SELECT DISTINCT ON (f ->> 'id') jsonb_set(f, '{triggers}', $4::jsonb)
	FROM job_release, jsonb_array_elements(functions) AS f
	WHERE origin = $1 AND release <> $2 AND address IS NOT NULL AND f ->> 'id' = ANY($3)
	ORDER BY f ->> 'id', since DESC`

// keptTrigger is an event that nobody publishes.
const keptTrigger = `[{"event":"switchyard/kept"}]`

// Linger returns when nobody needs this release any more: it carries no run on, or no
// newer release lives that sends it calls. It waits for at most d, and returns how many
// runs there are then.
func (k *Keeper) Linger(ctx context.Context, d time.Duration) (left int, err error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for {
		n, err := k.needed(context.WithoutCancel(ctx))
		if (err == nil && n == 0) || !backoff.Sleep(ctx, lookEvery) {
			return n, err
		}
	}
}

func (k *Keeper) needed(ctx context.Context) (runs int, err error) {
	ctx, cancel := context.WithTimeout(ctx, keepAsk)
	defer cancel()
	err = k.db.QueryRow(ctx, `SELECT count(DISTINCT run_id) FROM event_run WHERE outcome IS NULL AND release = $2
		AND EXISTS (SELECT FROM job_release AS n JOIN job_release AS own ON own.origin = n.origin AND own.since < n.since
			WHERE n.origin = $1 AND own.release = $2 AND n.release <> $2 AND n.seen_at > now() - interval '1 minute')`,
		k.host.Self().URL(), k.release).Scan(&runs)
	if err != nil {
		return 0, fmt.Errorf("count the runs of this release: %w", err)
	}
	return runs, nil
}
