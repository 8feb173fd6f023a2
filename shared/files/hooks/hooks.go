// Package hooks keeps the webhooks of the desk's users, tells them what has become of files,
// and remembers what they answered.
//
// A webhook is a URL that gets Standard Webhooks (https://www.standardwebhooks.com). A message to
// it is a delivery. A delivery waits, and is tried until the URL answers with a status from 200
// to 299. It ends as delivered, or as failed after the last attempt. While the owner of a webhook
// is banned, no delivery begins, and those that wait fail when they are due.
//
// A transaction that locks a webhook and deliveries of it locks the webhook first.
package hooks

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/names"
	"switchyard/shared/callrate"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/live"
	"switchyard/shared/outgoing"
	"switchyard/shared/seal"
)

// Limits.
const (
	MaxHooks    = 10                  // of one user
	MaxWaiting  = 1000                // deliveries of one webhook; more fail at once
	MaxEnded    = 100                 // deliveries of one webhook that are remembered
	MaxAttempts = 20                  // of one delivery that are remembered
	MaxAnswer   = 500                 // bytes of an answer that are remembered
	KeepFor     = 30 * 24 * time.Hour // a delivery that has ended, at most
	OldFor      = 24 * time.Hour      // a secret that was replaced signs as well
	FailingFor  = 5 * 24 * time.Hour  // a webhook that was not delivered anything for so long is disabled

	// How often a user may have something sent by hand (Test and Resend together, over all
	// webhooks and replicas): ByHandAtOnce times at once, and then once in each interval. It is
	// bounded because the receiver may be somebody else's.
	ByHandAtOnce   = 10
	ByHandInterval = 6 * time.Second
)

// Disabled is why a webhook is told nothing; "" if it is told.
type Disabled string

// Why a webhook is told nothing.
const (
	Gone    Disabled = "gone"    // it answered 410
	Failing Disabled = "failing" // nothing was delivered for days
)

// Webhook is a URL of a user.
type Webhook struct {
	ID           uuid.UUID
	URL          string
	OldUntil     *time.Time // until then the secret before signs as well; nil if there is none
	FailingSince *time.Time // nil if the last attempt was answered well
	Disabled     Disabled
	CreatedAt    time.Time
}

// State is where a delivery is on its way.
type State string

// The states.
const (
	Waiting   State = "waiting"
	Delivered State = "delivered"
	Failed    State = "failed"
)

// Delivery is something that a webhook is told.
type Delivery struct {
	ID        uuid.UUID // the header webhook-id, however often it is sent
	Type      string    // "file.ready"
	State     State
	Attempts  []Attempt  // oldest first
	NextAt    *time.Time // when it is tried next, if it waits and was tried
	CreatedAt time.Time
}

// Attempt is one try to deliver.
type Attempt struct {
	At      time.Time     `json:"at"`
	Took    time.Duration `json:"took"`
	Status  int           `json:"status,omitempty"`  // 0 if there was no answer
	Answer  string        `json:"answer,omitempty"`  // how the body of the answer begins; text of a stranger
	Problem string        `json:"problem,omitempty"` // why there was no answer
}

// list returns a list of this attempt alone as JSON. Modes of queries that prepare nothing know
// that type, and not Attempt.
func (a Attempt) list() (json.RawMessage, error) { return json.Marshal([]Attempt{a}) }

// EventDue is the name of [Due].
const EventDue = "webhook/due"

// Due is the event that a delivery waits to be tried.
type Due struct {
	DeliveryID uuid.UUID `json:"deliveryId"`
	OwnerID    string    `json:"ownerId"`
}

// EventName implements events.Event.
func (Due) EventName() string { return EventDue }

// MessageChanged is the name of the message, with a [Change], that pages which show a user's
// webhooks get; see [live.User].
const MessageChanged = "webhooks"

// Change says that a webhook or its deliveries are different.
type Change struct {
	ID uuid.UUID `json:"id"` // of the webhook
}

// Store is the tables of webhooks and deliveries. Most methods take the id of the user who asks as
// owner: for them the webhooks of other users do not exist.
type Store struct {
	db    *db.DB
	names names.Names
	rates *callrate.Rates
	bus   *events.Bus
	box   *seal.Box
	calls *outgoing.Client
}

// Open returns the store in d. It makes no call to the database.
func Open(
	_ context.Context, d *db.DB, n config.AuthNames, rates *callrate.Rates, bus *events.Bus, box *seal.Box, calls *outgoing.Client, _ *live.Hub,
) (*Store, error) {
	return &Store{db: d, names: n.Names, rates: rates, bus: bus, box: box, calls: calls}, nil
}

// tell publishes that a webhook of owner is different, with the change.
func tell(ctx context.Context, tx pgx.Tx, owner string, id uuid.UUID) error {
	return live.Publish(ctx, tx, live.User(owner), MessageChanged, Change{ID: id})
}

// sealedFor names whose a sealed secret is.
func sealedFor(id uuid.UUID) string { return "webhook " + id.String() }
