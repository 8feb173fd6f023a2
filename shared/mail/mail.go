// Package mail queues mail. A message is written in the same transaction as the work that it
// tells of, and a durable job sends it. So a slow or dead mail server holds nobody up, and no
// mail is lost.
package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/fault"
)

// EventQueued is the name of [Queued].
const EventQueued = "mail/queued"

// Queued is the event that a message waits to be sent. The event does not have the message and
// its recipient, which stay in the database: a message may have a link that signs people in.
type Queued struct {
	MailID uuid.UUID `json:"mailId"`
}

// EventName implements events.Event.
func (Queued) EventName() string { return EventQueued }

// Message is one mail to one person.
type Message struct {
	ID        uuid.UUID // given by [Queue.Add], which ignores what is here
	To        string    // an address
	Subject   string
	Text      string
	HTML      string
	URL       string    // the link that it is about
	Token     string    // the token in that link
	ExpiresAt time.Time // when there is no point in sending it any more
}

// Queue keeps messages until they are sent.
type Queue struct {
	db  *db.DB
	bus *events.Bus
}

// Open returns the queue in d, whose events go out by bus.
func Open(_ context.Context, d *db.DB, bus *events.Bus) (*Queue, error) {
	return &Queue{db: d, bus: bus}, nil
}

// Add queues m as a part of tx: it is sent once tx has committed, and never if it
// has not.
func (q *Queue) Add(ctx context.Context, tx pgx.Tx, m Message) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("mail: make an id: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO mail (id, "to", subject, text, html, url, token, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, id, m.To, m.Subject, m.Text, m.HTML, m.URL, m.Token, m.ExpiresAt)
	if err != nil {
		return fmt.Errorf("mail: queue: %w", err)
	}
	if err := q.bus.Publish(ctx, tx, Queued{MailID: id}); err != nil {
		return fmt.Errorf("mail: queue: %w", err)
	}
	return nil
}

// Get returns a message that waits. It fails with fault.NotFound if the message was sent, or its
// time has passed.
func (q *Queue) Get(ctx context.Context, id uuid.UUID) (Message, error) {
	m := Message{ID: id}
	err := q.db.QueryRow(ctx, `SELECT "to", subject, text, html, url, token, expires_at
		FROM mail WHERE id = $1 AND expires_at > now()`, id).
		Scan(&m.To, &m.Subject, &m.Text, &m.HTML, &m.URL, &m.Token, &m.ExpiresAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return Message{}, fault.New(fault.NotFound, "There is no mail %s to send.", id)
	}
	if err != nil {
		return Message{}, fmt.Errorf("mail: get %s: %w", id, err)
	}
	m.ExpiresAt = m.ExpiresAt.UTC()
	return m, nil
}

// sweep is how many messages one Done removes because their time has passed.
const sweep = 100

// Done removes a message that has been sent, and up to 100 others whose time has passed. It may be
// repeated.
func (q *Queue) Done(ctx context.Context, id uuid.UUID) error {
	_, err := q.db.Exec(ctx, `WITH sent AS (DELETE FROM mail WHERE id = $1)
		DELETE FROM mail WHERE id IN (
			SELECT id FROM mail WHERE id <> $1 AND expires_at <= now()
			ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
		)`, id, sweep)
	if err != nil {
		return fmt.Errorf("mail: done with %s: %w", id, err)
	}
	return nil
}
