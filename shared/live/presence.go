package live

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
)

// Names of the messages that a topic gets when somebody comes or goes, with a [Presence].
const (
	MessageJoined = "joined"
	MessageLeft   = "left"
)

// Presence names who has come or gone.
type Presence struct {
	Member string `json:"member"`
}

// How long somebody is present after the process that said so has gone without a word.
const (
	presentFor = time.Minute
	sayEvery   = 20 * time.Second
	maxSettled = 500 // in one turn
)

// presences are those who are present by streams of this process.
type presences struct {
	replica uuid.UUID

	mu    sync.Mutex
	count map[presence]int // how often somebody joined
}

type presence struct {
	topic  Topic
	member string
}

// add notes that a member has come once (1) or gone once (-1), and returns how often it is here now.
func (p *presences) add(one presence, n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count[one] += n
	if p.count[one] == 0 {
		delete(p.count, one)
	}
	return p.count[one]
}

// has reports whether somebody is here.
func (p *presences) has(one presence) bool { return p.add(one, 0) > 0 }

// all returns the topics and the members of those who are here.
func (p *presences) all() (topics, members []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	topics, members = make([]string, 0, len(p.count)), make([]string, 0, len(p.count))
	for one := range p.count {
		topics, members = append(topics, string(one.topic)), append(members, one.member)
	}
	return topics, members
}

// The queries of presences. Each process has a row for whoever is present by it. A member has come
// with its first row, whoever has it, and left with its last: all rows count for that, those that
// have expired as well, until settle removes them. Whoever does so, or adds one, has the turn.
const (
	takeTurn = `SELECT pg_advisory_xact_lock(hashtextextended('live ' || $1 || ' ' || $2, 0))`
	settle   = `WITH before AS (SELECT count(*) AS n FROM live_presence WHERE topic = $1 AND member = $2),
		gone AS (DELETE FROM live_presence WHERE topic = $1 AND member = $2
			AND CASE replica WHEN $3 THEN NOT $4 ELSE expires_at < now() END RETURNING 1),
		said AS (INSERT INTO live_presence (topic, member, replica, expires_at)
			SELECT $1, $2, $3, now() + make_interval(secs => $5) WHERE $4
			ON CONFLICT (topic, member, replica) DO UPDATE SET expires_at = excluded.expires_at)
		SELECT n, n - (SELECT count(*) FROM gone) FROM before`
	refresh = `UPDATE live_presence AS p SET expires_at = now() + make_interval(secs => $4)
		FROM unnest($1::text[], $2::text[]) AS here (topic, member)
		WHERE p.topic = here.topic AND p.member = here.member AND p.replica = $3`
	unsettled = `SELECT topic, member FROM unnest($1::text[], $2::text[]) AS here (topic, member) WHERE NOT EXISTS (
			SELECT FROM live_presence AS p WHERE p.topic = here.topic AND p.member = here.member AND p.replica = $3)
		UNION (SELECT topic, member FROM live_presence WHERE expires_at < now() ORDER BY expires_at LIMIT $4)`
	whoIs = `SELECT DISTINCT member FROM live_presence WHERE topic = $1 AND expires_at > now() ORDER BY member LIMIT $2`
)

// Join says that member is present in topic until leave is called, or the process has been gone for
// a minute. Whoever subscribes to topic hears [MessageJoined] when a member comes, and
// [MessageLeft] when the last of its joins, on any replica, has ended. A page joins for as long as
// its stream lasts:
//
//	leave, err := f.Live.Join(r.Context(), room, user.Name)
//	…
//	defer leave()
//	f.Live.ServeEvents(w, r, room)
func (h *Hub) Join(ctx context.Context, topic Topic, member string) (leave func(), err error) {
	ended, err := auth.Ended(ctx)
	if err != nil {
		return func() {}, fmt.Errorf("live: join: %w", err)
	}
	if ended {
		return func() {}, nil // its stream is about to end, too
	}
	p := presence{topic, member}
	leave = sync.OnceFunc(func() { h.part(context.WithoutCancel(ctx), p) })
	if h.present.add(p, 1) > 1 {
		return leave, nil
	}
	if err := h.settle(ctx, p); err != nil {
		leave()
		return func() {}, fmt.Errorf("live: join: %w", err)
	}
	return leave, nil
}

// part takes back what Join said. If that fails, it expires.
func (h *Hub) part(ctx context.Context, p presence) {
	if h.present.add(p, -1) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = h.settle(ctx, p)
}

// settle has the table say whether p is present by this process, without the rows of p that have
// expired, and publishes that somebody has come or gone by that. Of two who settle p at once, in any
// process, one has to be the last.
func (h *Hub) settle(ctx context.Context, p presence) error {
	return h.db.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, takeTurn, p.topic, p.member); err != nil {
			return err
		}
		here := h.present.has(p)
		var before, others int // rows; the others are those that stayed
		err := tx.QueryRow(ctx, settle, p.topic, p.member, h.present.replica, here, presentFor.Seconds()).Scan(&before, &others)
		switch {
		case err != nil:
			return err
		case here && before == 0:
			return Publish(ctx, tx, p.topic, MessageJoined, Presence{p.member})
		case !here && before > 0 && others == 0:
			return Publish(ctx, tx, p.topic, MessageLeft, Presence{p.member})
		}
		return nil
	})
}

// maxPresent bounds what Present returns.
const maxPresent = 1000

// Present returns who is present in topic, in order, up to a thousand.
func (h *Hub) Present(ctx context.Context, topic Topic) ([]string, error) {
	members, err := h.members.Get(ctx, topic, maxPresent)
	if err != nil {
		return nil, fmt.Errorf("live: who is present: %w", err)
	}
	return slices.Clone(members), nil
}

// sayAgain says who is present by this process, and lets those go whose process is gone.
func (h *Hub) sayAgain(ctx context.Context) error {
	topics, members := h.present.all()
	if _, err := h.db.Exec(ctx, refresh, topics, members, h.present.replica, presentFor.Seconds()); err != nil {
		return err
	}
	rows, err := h.db.Query(ctx, unsettled, topics, members, h.present.replica, maxSettled)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p presence, err error) {
		err = row.Scan(&p.topic, &p.member)
		return p, err
	})
	for _, p := range all {
		if err == nil {
			err = h.settle(ctx, p)
		}
	}
	return err
}
