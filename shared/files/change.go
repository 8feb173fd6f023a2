package files

import (
	"context"

	"github.com/google/uuid"

	"switchyard/shared/db"
	"switchyard/shared/live"
)

// Names of the messages that those who show a user's files hear, see [live.User].
const (
	MessageChanged = "file"      // with a Change
	MessageGone    = "file-gone" // with a Gone
)

// Change is the message that a file is new, or that something about it has changed.
type Change struct {
	ID       uuid.UUID `json:"id"`
	Status   Status    `json:"status"`
	Step     StepName  `json:"step,omitempty"`     // that has begun or ended, or goes on
	Progress int       `json:"progress,omitempty"` // of the step, in percent
}

// Gone is the message that a file is not there any more, to pages and to webhooks.
type Gone struct {
	ID uuid.UUID `json:"id"`
}

// tellChange publishes that f has changed, with the change.
func (f File) tellChange(ctx context.Context, q db.Querier) error {
	return live.Publish(ctx, q, live.User(f.Owner), MessageChanged, Change{ID: f.ID, Status: f.Status})
}

// tellGone publishes that f is gone, with its deletion. A file without an owner is shown to
// nobody.
func (f File) tellGone(ctx context.Context, q db.Querier) error {
	if f.Owner == "" {
		return nil
	}
	return live.Publish(ctx, q, live.User(f.Owner), MessageGone, Gone{ID: f.ID})
}
