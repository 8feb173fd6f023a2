package events

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/exact"
)

// A request has at most this many events, and ends with the one that makes it larger than
// this many bytes.
const (
	batchEvents = 500
	batchBytes  = 1 << 20
)

// namesAtOnce bounds the names of which one turn picks events. The next one goes on behind
// them.
const namesAtOnce = 500

// message is an event as Inngest takes it, and what the relay knows of it.
type message struct {
	ID   uuid.UUID       `json:"id"`
	Name string          `json:"name"`
	Data json.RawMessage `json:"data"`
	TS   int64           `json:"ts"` // milliseconds since 1970
	User sender          `json:"user"`

	key    string // "" for none
	sent   bool   // Inngest has taken it before
	behind bool   // another one of its key is before it
	room   bool   // it may be sent now; if not, it only shows that more of its name waits
}

// sender names the app that an event is of. Inngest carries it beside the data, and the event
// begins no jobs of another app. An event that repeats another says which, and for which function
// alone.
type sender struct {
	App   string     `json:"app"`
	Event *uuid.UUID `json:"event,omitempty"`
	Only  string     `json:"only,omitempty"`
}

// findNames finds the names of which events wait, as many as $2, behind the name $1, and
// whether somebody listens to them. It steps from name to name by the index: how much waits
// does not matter.
const findNames = `
	WITH RECURSIVE names (name) AS (
		(SELECT name FROM outbox WHERE state = 'waiting' AND name > $1 ORDER BY name LIMIT 1)
		UNION ALL
		SELECT next.name FROM names, LATERAL (
			SELECT o.name FROM outbox AS o WHERE state = 'waiting' AND o.name > names.name ORDER BY o.name LIMIT 1
		) AS next
	)
	SELECT name, EXISTS (SELECT FROM listener AS l WHERE l.event = n.name),
		EXISTS (SELECT FROM outbox AS o WHERE state = 'waiting' AND o.name = n.name AND next_at <= now()) FROM (SELECT name FROM names LIMIT $2) AS n`

// waitingName is a name of which events wait.
type waitingName struct {
	Name     string
	Listened bool
	Due      bool // some may be sent: they are not parked behind others of their key
}

// findWaiting finds events to send: of each of the names $1 those that have waited longest,
// up to its room in $2, and one more, which has no room. First comes the first of each
// name, then the second and so on, up to $3 events. Data is read of those only that have
// room and fit into $4 bytes, by what they take in the database.
//
// One that nobody listened to, and somebody does now, waits for what has passed it meanwhile.
//
// The limits that are no column's let PostgreSQL know how few rows these are: without them
// it reads the outbox in the order of its ids.
const findWaiting = `
	WITH found AS (
		SELECT first.*, row_number() OVER (PARTITION BY n.name ORDER BY next_at, id) AS nr, n.room
		FROM unnest($1::text[], $2::int[]) AS n (name, room), LATERAL (
			SELECT * FROM (
				SELECT id, next_at, pg_column_size(data) AS size FROM outbox AS o
				WHERE state = 'waiting' AND o.name = n.name AND next_at <= now()
				ORDER BY next_at, id LIMIT $3
			) AS most LIMIT n.room + 1
		) AS first
	), placed AS (
		SELECT *, nr <= room AS has_room, row_number() OVER sent AS place,
			sum(CASE WHEN nr <= room THEN size ELSE 0 END) OVER sent - size AS before
		FROM found WINDOW sent AS (ORDER BY nr, next_at, id)
	)
	SELECT p.id, o.name, p.has_room, CASE WHEN p.has_room AND p.before < $4 THEN o.data END,
		o.created_at, coalesce(o.key, ''), o.sends > 0, o.repeats, coalesce(o.only, ''),
		o.key IS NOT NULL AND (EXISTS (SELECT FROM outbox AS e WHERE e.key = o.key AND e.seq < o.seq AND ` + queued + `)
			OR o.sends > 0 AND EXISTS (SELECT FROM outbox AS e WHERE e.key = o.key AND (e.state = 'sent'
				OR e.state = 'begun' AND EXISTS (SELECT FROM event_run AS r WHERE r.event_id = e.id))))
	FROM (SELECT * FROM placed ORDER BY place LIMIT $3) AS p JOIN outbox AS o USING (id) ORDER BY p.place`

func scanWaiting(row pgx.CollectableRow) (m message, err error) {
	var at time.Time
	var data json.RawMessage
	err = row.Scan(&m.ID, &m.Name, &m.room, &data, &at, &m.key, &m.sent, &m.User.Event, &m.User.Only, &m.behind)
	m.TS = at.UnixMilli()
	if data != nil {
		m.Data = exact.Carry(data) // numbers that Inngest would change
	}
	return m, err
}

// picked is what a turn has found to send.
type picked struct {
	send   []message
	parked []uuid.UUID // not the first of their key
	more   bool        // there is more that has room, or may have
	full   []string    // the names of which more waits than has room
}

// pick sorts what was found, when at most so many events were asked for.
func pick(found []message, most int) (p picked) {
	size := 0
	for _, m := range found {
		switch {
		case !m.room:
			p.full = append(p.full, m.Name)
		case m.behind:
			p.parked = append(p.parked, m.ID)
		case m.Data == nil || size > batchBytes:
			p.more = true
		default:
			p.send = append(p.send, m)
			size += len(m.Data)
		}
	}
	p.more = p.more || len(found) == most && len(p.send) > 0 || len(p.parked) > 0
	return p
}

func idsOf(messages []message) []uuid.UUID {
	ids := make([]uuid.UUID, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	return ids
}
