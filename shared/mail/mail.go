// Package mail queues mail. A message is written in the transaction of the work
// that it tells of and sent by a durable job, so that a slow or dead mail server
// holds nobody up and no mail is lost.
package mail

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/events"
)

// EventQueued is the name of [Queued].
const EventQueued = "mail/queued"

// Queued is the event that a message waits to be sent. What the message says, and
// to whom, stays in the database: it may hold what signs people in.
type Queued struct {
	MailID uuid.UUID `json:"mailId"`
}

// EventName implements events.Event.
func (Queued) EventName() string { return EventQueued }

// Message is one mail to one person.
type Message struct {
	To        string // an address
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

// Add queues m as a part of tx.
func (q *Queue) Add(ctx context.Context, tx pgx.Tx, m Message) error { panic("not built yet") }

// Get returns a message that waits, or fault.NotFound: it was sent, or its time
// has passed.
func (q *Queue) Get(ctx context.Context, id uuid.UUID) (Message, error) { panic("not built yet") }

// Done removes a message that has been sent, and with it those whose time has
// passed.
func (q *Queue) Done(ctx context.Context, id uuid.UUID) error { panic("not built yet") }
