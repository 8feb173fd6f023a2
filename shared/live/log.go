package live

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
)

// How long the log keeps messages. Clients that come back later are told to ask again for all.
const (
	keep      = 10 * time.Minute
	resumable = keep - time.Minute // clocks and sweeps differ
)

// message is one that was published, as clients get it.
type message struct {
	ID    int64           `json:"id"` // by which one that comes again, after a connection broke, is known
	Topic Topic           `json:"topic"`
	Name  string          `json:"name"`
	Data  json.RawMessage `json:"data"`
}

// What a cursor has not seen: transactions that began later, and those that were open then. Each
// part is a range of the index, so that a transaction that stays open for hours, and so is at the
// start of all snapshots, makes nobody read again what was committed meanwhile.
const (
	columns = `id, xid, topic, name, data`
	unseen  = `(SELECT ` + columns + ` FROM live_message WHERE xid >= pg_snapshot_xmax($1::pg_snapshot)
		UNION ALL SELECT ` + columns + ` FROM live_message WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::pg_snapshot)))) AS m`
	unseenBySecond = `(SELECT ` + columns + ` FROM live_message WHERE xid >= pg_snapshot_xmax($2::pg_snapshot)
		UNION ALL SELECT ` + columns + ` FROM live_message WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip($2::pg_snapshot)))) AS m`
)

// The queries of the log. A reading has its statement's own snapshot beside the rows, so that the
// next one begins exactly where it ends.
const (
	now     = `SELECT extract(epoch FROM now())::bigint, pg_current_snapshot()::text`
	readNew = `SELECT c.at, c.snapshot, coalesce(m.id, 0), coalesce(m.topic, ''), coalesce(m.name, ''), coalesce(m.data, 'null')
		FROM (SELECT extract(epoch FROM now())::bigint AS at, pg_current_snapshot()::text AS snapshot) AS c
		LEFT JOIN ` + unseen + ` ON true ORDER BY m.id`
	// What the second of two snapshots has and the first has not, and then the other way round.
	readBetween = `SELECT m.id, m.topic, m.name, m.data, true FROM ` + unseen + `
		WHERE pg_visible_in_snapshot(m.xid, $2::pg_snapshot) AND m.topic = ANY ($3) AND m.id > $4
		UNION ALL SELECT m.id, '', '', 'null', false FROM ` + unseenBySecond + `
		WHERE pg_visible_in_snapshot(m.xid, $1::pg_snapshot) AND m.topic = ANY ($3) AND m.id > $4
		ORDER BY id LIMIT $5`
)

// A message is removed when it was committed long enough ago, which created_at does not say: its
// transaction may have lasted for hours. So the log has marks, messages to nobody: the snapshots
// of each minute. What is visible in one that is old enough may go.
const (
	mark = `INSERT INTO live_message (topic, name, data) SELECT '', 'mark', to_json(pg_current_snapshot()::text)
		WHERE NOT EXISTS (SELECT FROM live_message WHERE topic = '' AND created_at > now() - interval '30 s')`
	sweep = `WITH past AS (SELECT (data #>> '{}')::pg_snapshot AS snapshot FROM live_message
			WHERE topic = '' AND created_at < now() - make_interval(secs => $1) ORDER BY id DESC LIMIT 1)
		DELETE FROM live_message WHERE id IN (
			SELECT m.id FROM live_message AS m, past
			WHERE m.created_at < now() - make_interval(secs => $1) AND pg_visible_in_snapshot(m.xid, past.snapshot)
			ORDER BY m.created_at LIMIT $2 FOR UPDATE OF m SKIP LOCKED)`
)

// rowQuerier is a connection, or a [db.DB].
type rowQuerier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// current returns the cursor of now.
func current(ctx context.Context, q rowQuerier) (cursor, error) {
	var seconds int64
	var c cursor
	err := q.QueryRow(ctx, now).Scan(&seconds, &c.snapshot)
	c.at = time.Unix(seconds, 0)
	return c, err
}

// maxRead bounds what is read at once, in bytes. More comes together only while a replica has no
// connection to the database and others have.
const maxRead = 64 << 20

// read returns what was committed since c, of all topics, and the cursor after it; false if that
// is too much.
func (c cursor) read(ctx context.Context, conn *pgx.Conn) (messages []message, next cursor, all bool, err error) {
	rows, err := conn.Query(ctx, readNew, c.snapshot)
	if err != nil {
		return nil, c, false, err
	}
	defer rows.Close()
	for size := 0; rows.Next(); {
		var m message
		var seconds int64
		if err := rows.Scan(&seconds, &next.snapshot, &m.ID, &m.Topic, &m.Name, &m.Data); err != nil {
			return nil, c, false, err
		}
		next.at = time.Unix(seconds, 0)
		if size += len(m.Data) + len(m.Topic); size > maxRead {
			return nil, next, false, nil
		}
		if m.Topic != "" { // neither a mark, nor the row that has the cursor alone
			messages = append(messages, m)
		}
	}
	return messages, next, true, rows.Err()
}

// errTooMuch ends the reading of more than a client can get.
var errTooMuch = errors.New("a client has missed too much")

// until returns the messages of these topics, with an id after id, that end has and c has not; and
// the ids of those that c has and end has not, if c comes from a replica that was ahead. They take
// from what is left; if that is not enough, until reports false, and has kept nothing.
func (c cursor) until(ctx context.Context, d *db.DB, end cursor, topics []Topic, id int64, left *room) (
	messages []encoded, ahead map[int64]struct{}, ok bool, err error,
) {
	ahead = map[int64]struct{}{}
	if c.snapshot == end.snapshot {
		return nil, ahead, true, nil
	}
	names := make([]string, len(topics)) // modes of queries that prepare nothing do not know the type Topic
	for i, t := range topics {
		names[i] = string(t)
	}
	rows, err := d.Query(ctx, readBetween, c.snapshot, end.snapshot, names, id, left.messages+1)
	if err != nil {
		return nil, nil, false, err
	}
	var m message
	var missed bool
	_, err = pgx.ForEachRow(rows, []any{&m.ID, &m.Topic, &m.Name, &m.Data, &missed}, func() error {
		size := 0
		if missed {
			one := m.encode()
			messages, size = append(messages, one), len(one.text)
		} else {
			ahead[m.ID] = struct{}{}
		}
		if !left.take(size) {
			return errTooMuch
		}
		return nil
	})
	if errors.Is(err, errTooMuch) {
		return nil, nil, false, nil
	}
	return messages, ahead, err == nil, err
}

// swept is how many messages are removed in one statement.
const swept = 5000

// Sweep removes messages that are too old to be asked for.
func (h *Hub) Sweep(ctx context.Context) error {
	if _, err := h.db.Exec(ctx, mark); err != nil {
		return err
	}
	for {
		tag, err := h.db.Exec(ctx, sweep, keep.Seconds(), swept)
		if err != nil || tag.RowsAffected() < swept {
			return err
		}
	}
}
