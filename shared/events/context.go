package events

import (
	"context"

	"github.com/google/uuid"
)

type idKey struct{}

// ID returns the id of the event that a job's call handles; of a batch, that of its
// first. It stays the same however often the event is delivered, so that what the
// job does to others can carry it: an idempotency key, a primary key. Outside a job,
// and for an event that did not come through the outbox, it is zero.
func ID(ctx context.Context) uuid.UUID {
	id, _ := ctx.Value(idKey{}).(uuid.UUID)
	return id
}

// WithID returns a context in which [ID] is id. It is for hosts, and for tests.
func WithID(ctx context.Context, id uuid.UUID) context.Context {
	return context.WithValue(ctx, idKey{}, id)
}
