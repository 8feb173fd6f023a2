package release

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/router/internal/durable/registration"
	"switchyard/shared/db"
	"switchyard/shared/events/ledger"
)

const (
	// releases is the channel on which registrars hear of each other.
	releases = "job_release"
	// registerAgain is the notification upon which the leading registrar tells Inngest of
	// the functions once more, because Inngest has forgotten them.
	registerAgain = "again"
	// leadKey is the key of the advisory lock of the one that registers, by its name.
	leadKey = `hashtextextended($1, 0)`
)

// session is a registrar's work over one connection. The lock is the connection's: with it
// the lead is lost, too.
type session struct {
	*Registrar

	conn      *pgx.Conn
	notBefore time.Time // may it lead
	announced bool      // the other registrars have been told that it is there
	leads     bool
	posted    []json.RawMessage // what Inngest was told last in this session
	stay      map[string]string // where functions stayed then, by their ids
	warned    map[string]string // of what, by origins
	noted     []ledger.Listener // and the ledger
	due       time.Time         // when both are to be told again
	failures  registration.Failures
}

// session works until the connection breaks or ctx ends.
func (r *Registrar) session(ctx context.Context, conn *pgx.Conn) error {
	s := &session{Registrar: r, conn: conn, warned: map[string]string{}}
	if r.since != nil && time.Since(r.beat) > liveFor-beatEvery {
		// Others may have been cut off for as long. They must have had the time to say
		// that they live, or an older release would take itself for the newest.
		s.notBefore = time.Now().Add(catchUp)
	}
	for ctx.Err() == nil {
		if err := s.update(ctx); err != nil {
			return err
		}
		r.failures = registration.Failures{}
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// update says that this replica lives, finds out which other ones do, and registers the
// functions of all if it is this replica that leads.
func (s *session) update(ctx context.Context) error {
	offers, err := s.sayAlive(ctx)
	if err != nil {
		return err
	}
	newest := slices.ContainsFunc(offers, func(o registration.Offer) bool { return o.Origin == s.origin() && o.Release == s.release })
	if !newest {
		s.known.Do(func() { close(s.registered) }) // nobody will register this release
	}
	if err := s.lead(ctx, newest && time.Now().After(s.notBefore)); err != nil || !s.leads {
		return err
	}
	functions, listeners := union(s.host.App(), offers, s.stay)
	if s.isPosted(functions) && slices.Equal(listeners, s.noted) && time.Now().Before(s.due) {
		return nil
	}
	return s.register(ctx, offers)
}

// register tells Inngest of what is offered, and notes in the database that it has. It
// fails only if the database does.
func (s *session) register(ctx context.Context, offers []registration.Offer) error {
	var functions []json.RawMessage
	var listeners []ledger.Listener
	var refused []string
	stay, err := s.app.Claim(ctx, offers)
	if err == nil {
		functions, listeners = union(s.host.App(), offers, stay)
		refused, err = s.app.Announce(ctx, s.manifest, functions)
	}
	if err != nil {
		if ctx.Err() == nil {
			s.app.NotRegistered(ctx, &s.failures, err)
		}
		s.posted, s.due = nil, time.Now().Add(s.failures.Wait())
		return nil // the database is well, and the release lives
	}
	unchanged := s.isPosted(functions)
	if err := s.record(ctx, offers, listeners, refused); err != nil {
		return err
	}
	if !unchanged {
		s.log.InfoContext(ctx, "jobs are registered with Inngest", slog.String("server", s.app.Server()),
			slog.Int("functions", len(functions)), slog.Int("services", len(offers)))
	}
	s.warn(ctx, offers, functions)
	s.failures = registration.Failures{}
	s.stay, s.posted, s.noted, s.due = stay, functions, listeners, time.Now().Add(registerEvery)
	return nil
}

// isPosted reports whether these are the functions that Inngest was told of last.
func (s *session) isPosted(functions []json.RawMessage) bool {
	return slices.EqualFunc(functions, s.posted, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}

// warn says where functions stay that a service offers at another address, if that is
// news: such a service may have been given a wrong URL.
func (s *session) warn(ctx context.Context, offers []registration.Offer, functions []json.RawMessage) {
	at := map[string]string{}
	for _, f := range functions {
		at[registration.FunctionID(f)] = registration.OriginOf(f)
	}
	for _, o := range offers {
		var others []string
		for _, f := range o.Functions {
			if origin := at[registration.FunctionID(f)]; o.Live && origin != registration.OriginOf(f) && !slices.Contains(others, origin) {
				others = append(others, origin)
			}
		}
		news := strings.Join(others, ", ")
		if news != "" && s.warned[o.Origin] != news {
			s.log.WarnContext(ctx, "jobs are offered at two addresses, and stay where a replica serves them already; "+
				"if they should move, stop that one, else look at INNGEST_SERVE_ORIGIN and BETTER_AUTH_URL of the other",
				slog.String("stay", news), slog.String("offered", o.Origin))
		}
		s.warned[o.Origin] = news
	}
}

const beat = `
	INSERT INTO job_release AS r (origin, release, since, functions, listeners, address)
	VALUES ($1, $2, coalesce($3, now()), $4, $5, nullif($7, ''))
	ON CONFLICT (origin, release) DO UPDATE SET seen_at = now(),
		since = CASE WHEN $3 IS NULL AND r.seen_at < now() - $6::interval THEN now() ELSE r.since END,
		functions = excluded.functions, listeners = excluded.listeners, address = excluded.address,
		registered_at = CASE WHEN (r.functions, r.listeners) = (excluded.functions, excluded.listeners) THEN r.registered_at END
	RETURNING since, registered_at IS NOT NULL`

const latest = `
	SELECT origin, release, live, functions, listeners FROM (
		SELECT DISTINCT ON (origin) *
		FROM (SELECT *, seen_at >= now() - $1::interval AS live FROM job_release) AS r
		ORDER BY origin, live DESC, since DESC, release DESC
	) AS n ORDER BY since DESC, origin`

// sayAlive says that this replica lives and returns what each service offers. The end of ctx does not
// interrupt it: the database could do then what was given up, after the replica has left.
func (s *session) sayAlive(ctx context.Context) ([]registration.Offer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askDatabase)
	defer cancel()
	var since time.Time
	var registered bool
	err := s.conn.QueryRow(ctx, beat, s.origin(), s.release, s.since, s.functions, s.listeners, liveFor, s.address).Scan(&since, &registered)
	if err != nil {
		return nil, fmt.Errorf("say that this release lives: %w", err)
	}
	if registered {
		s.known.Do(func() { close(s.registered) })
	}
	s.since, s.beat = &since, time.Now()
	if !s.announced {
		if _, err := s.conn.Exec(ctx, `SELECT pg_notify($1, '')`, releases); err != nil {
			return nil, fmt.Errorf("tell other releases: %w", err)
		}
		s.announced = true
	}
	return offersIn(ctx, s.conn)
}

// offersIn returns what each service offers, by the newest first.
func offersIn(ctx context.Context, q db.Querier) ([]registration.Offer, error) {
	rows, err := q.Query(ctx, latest, liveFor)
	if err != nil {
		return nil, fmt.Errorf("look at other releases: %w", err)
	}
	offers, err := pgx.CollectRows(rows, pgx.RowToStructByPos[registration.Offer])
	if err != nil {
		return nil, fmt.Errorf("look at other releases: %w", err)
	}
	return offers, nil
}

// lead takes the lock if it is to be had, or gives it up if may is false.
func (s *session) lead(ctx context.Context, may bool) error {
	if s.leads == may {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	if may {
		if err := s.conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(`+leadKey+`)`, s.leadLock()).Scan(&s.leads); err != nil {
			return fmt.Errorf("ask for the lead: %w", err)
		}
		return nil
	}
	const leave = `SELECT pg_notify($2, '') FROM pg_advisory_unlock(` + leadKey + `)`
	if _, err := s.conn.Exec(ctx, leave, s.leadLock(), releases); err != nil {
		return fmt.Errorf("give up the lead: %w", err)
	}
	s.leads, s.posted = false, nil
	return nil
}

// leadLock names the lock.
func (s *session) leadLock() string { return "register " + s.host.App() }

// deleteOld deletes releases that were replaced, and services that are gone for long.
const deleteOld = `
	DELETE FROM job_release AS r WHERE seen_at < now() - $2::interval OR (seen_at < now() - $1::interval
		AND EXISTS (SELECT FROM job_release AS n WHERE n.origin = r.origin AND n.since > r.since))`

// record writes down what Inngest has taken, and which functions it has refused.
func (s *session) record(ctx context.Context, offers []registration.Offer, listeners []ledger.Listener, refused []string) error {
	origins, names := make([]string, len(offers)), make([]string, len(offers))
	for i, o := range offers {
		origins[i], names[i] = o.Origin, o.Release
	}
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		if err := ledger.Listen(ctx, tx, listeners, refused...); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `WITH taken AS (UPDATE job_release AS r SET registered_at = now()
			FROM unnest($1::text[], $2::text[]) AS o (origin, release) WHERE (r.origin, r.release) = (o.origin, o.release))
			SELECT pg_notify($3, '')`, origins, names, releases)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, deleteOld, keepOld, keepLast)
		return err
	})
	if err != nil {
		return fmt.Errorf("note what is registered: %w", err)
	}
	return nil
}

// wait returns when there is something to do: after a while, or when another
// registrar says so.
func (s *session) wait(ctx context.Context) error {
	d := beatEvery
	if next := max(time.Until(s.due), time.Until(s.notBefore)); next > 0 {
		d = min(d, next)
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	said, err := s.conn.WaitForNotification(ctx)
	switch {
	case err == nil && said.Payload == registerAgain:
		s.due = time.Time{}
	case err != nil && ctx.Err() == nil:
		return fmt.Errorf("wait for other releases: %w", err)
	}
	return nil
}
