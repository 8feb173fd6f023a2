package durable

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

	"switchyard/shared/events/ledger"
)

const (
	// releases is the channel on which registrars hear of each other.
	releases = "job_release"
	// sayAgain is what is said there when Inngest has forgotten.
	sayAgain = "again"
	// leadKey is the key of the advisory lock of the one that registers, by its name.
	leadKey = `hashtextextended($1, 0)`
)

// session is what a registrar does over one connection. The lock is the
// connection's: with it the lead is lost, too.
type session struct {
	*Registrar

	conn    *pgx.Conn
	from    time.Time // not to lead before
	told    bool      // the others know that it is there
	leads   bool
	posted  []json.RawMessage // what Inngest was told last in this session
	stay    map[string]string // where functions stayed then, by their ids
	warned  map[string]string // of what, by origins
	heard   []ledger.Listener // and the ledger
	due     time.Time         // when both are to be told again
	trouble trouble
}

// session works until the connection breaks or ctx ends. It reports whether it got to
// work at all.
func (r *Registrar) session(ctx context.Context) (worked bool, err error) {
	conn, err := r.db.Direct(ctx)
	if err != nil {
		return false, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+releases); err != nil {
		return false, fmt.Errorf("listen to other releases: %w", err)
	}
	s := &session{Registrar: r, conn: conn, warned: map[string]string{}}
	if r.since != nil && time.Since(r.beat) > liveFor-beatEvery {
		// Others may have been cut off for as long. They must have had the time to say
		// that they live, or an older release would take itself for the newest.
		s.from = time.Now().Add(2 * lastPause)
	}
	for ; ; worked = true {
		if err := s.turn(ctx); err != nil {
			return worked, err
		}
		if err := s.wait(ctx); err != nil {
			return true, err
		}
	}
}

// turn says that this replica lives, looks who else does, and registers if that is
// its part.
func (s *session) turn(ctx context.Context) error {
	offers, err := s.look(ctx)
	if err != nil {
		return err
	}
	newest := slices.ContainsFunc(offers, func(o offer) bool { return o.Origin == s.origin() && o.Release == s.release })
	if !newest {
		s.known.Do(func() { close(s.registered) }) // nobody will register this release
	}
	if err := s.lead(ctx, newest && time.Now().After(s.from)); err != nil || !s.leads {
		return err
	}
	functions, listeners := union(s.host.app, offers, s.stay)
	if s.isPosted(functions) && slices.Equal(listeners, s.heard) && time.Now().Before(s.due) {
		return nil
	}
	stay, err := s.host.claim(ctx, offers)
	if err == nil {
		functions, listeners = union(s.host.app, offers, stay)
		err = s.host.announce(ctx, s.manifest, functions)
	}
	if err != nil {
		if ctx.Err() == nil {
			s.host.notRegistered(ctx, &s.trouble, err)
		}
		s.posted, s.due = nil, time.Now().Add(s.trouble.pause())
		return nil // the database is well, and the release lives
	}
	unchanged := s.isPosted(functions)
	if err := s.record(ctx, offers, listeners); err != nil {
		return err
	}
	if !unchanged {
		s.host.log.InfoContext(ctx, "jobs are registered with Inngest", slog.String("server", s.host.server),
			slog.Int("functions", len(functions)), slog.Int("services", len(offers)))
	}
	s.warn(ctx, offers, functions)
	s.trouble = trouble{}
	s.stay, s.posted, s.heard, s.due = stay, functions, listeners, time.Now().Add(registerEvery)
	return nil
}

// isPosted reports whether these are the functions that Inngest was told of last.
func (s *session) isPosted(functions []json.RawMessage) bool {
	return slices.EqualFunc(functions, s.posted, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}

// warn says where functions stay that a service offers at another address, if that is
// news: such a service may have been given a wrong URL.
func (s *session) warn(ctx context.Context, offers []offer, functions []json.RawMessage) {
	at := map[string]string{}
	for _, f := range functions {
		at[functionID(f)] = originOf(f)
	}
	for _, o := range offers {
		var others []string
		for _, f := range o.Functions {
			if origin := at[functionID(f)]; o.Live && origin != originOf(f) && !slices.Contains(others, origin) {
				others = append(others, origin)
			}
		}
		news := strings.Join(others, ", ")
		if news != "" && s.warned[o.Origin] != news {
			s.host.log.WarnContext(ctx, "jobs are offered at two addresses, and stay where a replica serves them already; "+
				"if they should move, stop that one, else look at INNGEST_SERVE_ORIGIN and BETTER_AUTH_URL of the other",
				slog.String("stay", news), slog.String("offered", o.Origin))
		}
		s.warned[o.Origin] = news
	}
}

const beat = `
	INSERT INTO job_release AS r (origin, release, since, functions, listeners)
	VALUES ($1, $2, coalesce($3, now()), $4, $5)
	ON CONFLICT (origin, release) DO UPDATE SET seen_at = now(),
		since = CASE WHEN $3 IS NULL AND r.seen_at < now() - $6::interval THEN now() ELSE r.since END,
		functions = excluded.functions, listeners = excluded.listeners,
		registered_at = CASE WHEN (r.functions, r.listeners) = (excluded.functions, excluded.listeners) THEN r.registered_at END
	RETURNING since, registered_at IS NOT NULL`

const latest = `
	SELECT origin, release, live, functions, listeners FROM (
		SELECT DISTINCT ON (origin) *
		FROM (SELECT *, seen_at >= now() - $1::interval AS live FROM job_release) AS r
		ORDER BY origin, live DESC, since DESC, release DESC
	) AS n ORDER BY since DESC, origin`

// look says that this replica lives and returns what each service offers.
func (s *session) look(ctx context.Context) ([]offer, error) {
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	var since time.Time
	var registered bool
	err := s.conn.QueryRow(ctx, beat, s.origin(), s.release, s.since, s.functions, s.listeners, liveFor).Scan(&since, &registered)
	if err != nil {
		return nil, fmt.Errorf("say that this release lives: %w", err)
	}
	if registered {
		s.known.Do(func() { close(s.registered) })
	}
	s.since, s.beat = &since, time.Now()
	if !s.told {
		if _, err := s.conn.Exec(ctx, `SELECT pg_notify($1, '')`, releases); err != nil {
			return nil, fmt.Errorf("tell other releases: %w", err)
		}
		s.told = true
	}
	return offersIn(ctx, s.conn)
}

// offersIn returns what each service offers, by the newest first.
func offersIn(ctx context.Context, db interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
},
) ([]offer, error) {
	rows, err := db.Query(ctx, latest, liveFor)
	if err != nil {
		return nil, fmt.Errorf("look at other releases: %w", err)
	}
	offers, err := pgx.CollectRows(rows, pgx.RowToStructByPos[offer])
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
func (s *session) leadLock() string { return "register " + s.host.app }

// old is what nobody needs any more: releases that were replaced, and services that
// are gone for long.
const old = `
	DELETE FROM job_release AS r WHERE seen_at < now() - $2::interval OR (seen_at < now() - $1::interval
		AND EXISTS (SELECT FROM job_release AS n WHERE n.origin = r.origin AND n.since > r.since))`

// record writes down what Inngest has taken.
func (s *session) record(ctx context.Context, offers []offer, listeners []ledger.Listener) error {
	origins, names := make([]string, len(offers)), make([]string, len(offers))
	for i, o := range offers {
		origins[i], names[i] = o.Origin, o.Release
	}
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		if err := ledger.Listen(ctx, tx, listeners); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `WITH taken AS (UPDATE job_release AS r SET registered_at = now()
			FROM unnest($1::text[], $2::text[]) AS o (origin, release) WHERE (r.origin, r.release) = (o.origin, o.release))
			SELECT pg_notify($3, '')`, origins, names, releases)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, old, keepOld, keepLast)
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
	if next := max(time.Until(s.due), time.Until(s.from)); next > 0 {
		d = min(d, next)
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	said, err := s.conn.WaitForNotification(ctx)
	switch {
	case err == nil && said.Payload == sayAgain:
		s.due = time.Time{}
	case err != nil && ctx.Err() == nil:
		return fmt.Errorf("wait for other releases: %w", err)
	}
	return nil
}
