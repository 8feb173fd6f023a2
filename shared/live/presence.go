package live

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
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
	maxLeaves  = 500 // in one sweep
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

// The queries of presences. Somebody is present as long as a row says so, whichever process it is
// of.
const (
	say = `INSERT INTO live_presence (topic, member, replica, expires_at)
		SELECT topic, member, $3, now() + make_interval(secs => $4) FROM unnest($1::text[], $2::text[]) AS said (topic, member)
		ON CONFLICT (topic, member, replica) DO UPDATE SET expires_at = excluded.expires_at`
	elsewhere = `SELECT EXISTS (SELECT FROM live_presence WHERE topic = $1 AND member = $2 AND replica <> $3 AND expires_at > now())`
	unsay     = `DELETE FROM live_presence WHERE topic = $1 AND member = $2 AND replica = $3`
	whoIs     = `SELECT DISTINCT member FROM live_presence WHERE topic = $1 AND expires_at > now() ORDER BY member LIMIT $2`
	expire    = `DELETE FROM live_presence AS gone WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM live_presence WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))
		RETURNING topic, member, EXISTS (SELECT FROM live_presence AS other WHERE other.topic = gone.topic
			AND other.member = gone.member AND other.replica <> gone.replica AND other.expires_at > now())`
)

// Join says that member is present in topic until leave is called, or the process has been gone for
// a minute. Whoever subscribes to topic hears [MessageJoined] when a member comes, and
// [MessageLeft] when he has left wherever he was. A page joins for as long as its stream lasts:
//
//	leave, err := f.Live.Join(r.Context(), room, user.Name)
//	…
//	defer leave()
//	f.Live.ServeEvents(w, r, room)
func (h *Hub) Join(ctx context.Context, topic Topic, member string) (leave func(), err error) {
	p := presence{topic, member}
	h.present.mu.Lock()
	h.present.count[p]++
	first := h.present.count[p] == 1
	h.present.mu.Unlock()
	var once sync.Once
	leave = func() { once.Do(func() { h.part(context.WithoutCancel(ctx), p) }) }
	if !first {
		return leave, nil
	}
	err = h.turn(ctx, p, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, say, []Topic{topic}, []string{member}, h.present.replica, presentFor.Seconds()); err != nil {
			return err
		}
		return h.unlessElsewhere(ctx, tx, p, MessageJoined)
	})
	if err != nil {
		leave()
		return func() {}, fmt.Errorf("live: join: %w", err)
	}
	return leave, nil
}

// turn runs do in a transaction while nobody else, in any process, notes whether p is present: of
// two that leave at once one has to be the last.
func (h *Hub) turn(ctx context.Context, p presence, do func(tx pgx.Tx) error) error {
	return h.db.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, "live "+string(p.topic)+" "+p.member); err != nil {
			return err
		}
		return do(tx)
	})
}

// unlessElsewhere publishes that somebody has come or gone, unless he is present by another process.
func (h *Hub) unlessElsewhere(ctx context.Context, tx pgx.Tx, p presence, name string) error {
	var other bool
	if err := tx.QueryRow(ctx, elsewhere, p.topic, p.member, h.present.replica).Scan(&other); err != nil || other {
		return err
	}
	return Publish(ctx, tx, p.topic, name, Presence{p.member})
}

// part takes back what Join said. If that fails, it expires.
func (h *Hub) part(ctx context.Context, p presence) {
	h.present.mu.Lock()
	h.present.count[p]--
	last := h.present.count[p] == 0
	if last {
		delete(h.present.count, p)
	}
	h.present.mu.Unlock()
	if !last {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = h.turn(ctx, p, func(tx pgx.Tx) error {
		h.present.mu.Lock()
		back := h.present.count[p] > 0
		h.present.mu.Unlock()
		if back {
			return nil
		}
		if _, err := tx.Exec(ctx, unsay, p.topic, p.member, h.present.replica); err != nil {
			return err
		}
		return h.unlessElsewhere(ctx, tx, p, MessageLeft)
	})
}

// maxPresent bounds what Present returns.
const maxPresent = 1000

// Present returns who is present in topic, in order, up to a thousand.
func (h *Hub) Present(ctx context.Context, topic Topic) ([]string, error) {
	rows, err := h.db.Query(ctx, whoIs, topic, maxPresent)
	if err != nil {
		return nil, fmt.Errorf("live: who is present: %w", err)
	}
	members, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("live: who is present: %w", err)
	}
	return members, nil
}

// sayAgain says who is present by this process, and lets those go whose process is gone.
func (h *Hub) sayAgain(ctx context.Context) error {
	h.present.mu.Lock()
	topics, members := make([]Topic, 0, len(h.present.count)), make([]string, 0, len(h.present.count))
	for p := range h.present.count {
		topics, members = append(topics, p.topic), append(members, p.member)
	}
	h.present.mu.Unlock()
	if len(topics) > 0 {
		if _, err := h.db.Exec(ctx, say, topics, members, h.present.replica, presentFor.Seconds()); err != nil {
			return err
		}
	}
	return h.db.InTx(ctx, func(tx pgx.Tx) error { return expirePresences(ctx, tx) })
}

// expirePresences removes those that have expired, and publishes who has left by that.
func expirePresences(ctx context.Context, tx db.Querier) error {
	rows, err := tx.Query(ctx, expire, maxLeaves)
	if err != nil {
		return err
	}
	var left []presence
	var p presence
	var other bool
	_, err = pgx.ForEachRow(rows, []any{&p.topic, &p.member, &other}, func() error {
		if !other {
			left = append(left, p)
		}
		return nil
	})
	for _, p := range left {
		if err == nil {
			err = Publish(ctx, tx, p.topic, MessageLeft, Presence{p.member})
		}
	}
	return err
}
