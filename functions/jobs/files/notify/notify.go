// Package notify has the webhooks of a file's owner told what has become of the file.
package notify

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/shared/files"
	"switchyard/shared/files/hooks"
	"switchyard/shared/fn"
	"switchyard/shared/outgoing/webhook"
)

var Spec = fn.Job{
	Events:      []string{files.EventReady, files.EventFailed, files.EventDeleted},
	Summary:     "Have webhooks told of a file that is ready, failed or deleted",
	Timeout:     time.Minute,
	Concurrency: fn.Concurrency{Limit: 4, Key: "event.data.ownerId"},
}

// Function tells webhooks.
type Function struct {
	Hooks *hooks.Store
}

// Input is the data of one of the events.
type Input struct {
	OwnerID string      `json:"ownerId"` // "" if the account is gone
	FileID  uuid.UUID   `json:"fileId"`
	File    *files.File `json:"file"` // as it is now; nil if it was deleted
}

// Output is how many webhooks are told.
type Output struct {
	Told int `json:"told"`
}

// Handle queues a delivery for each webhook.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	if in.OwnerID == "" {
		return &Output{}, nil
	}
	m := in.message()
	event := uuid.NewSHA1(in.FileID, []byte(m.Type)) // of a file, each happens once
	out, err := step.Run(ctx, "tell", func(ctx context.Context) (Output, error) {
		n, err := f.Hooks.Tell(ctx, in.OwnerID, event, m)
		return Output{Told: n}, err
	})
	return &out, err
}

// message returns what webhooks are told of the event.
func (in *Input) message() webhook.Message {
	if in.File == nil {
		return webhook.Message{Type: "file.deleted", Timestamp: time.Now(), Data: files.Gone{ID: in.FileID}}
	}
	return webhook.Message{Type: "file." + string(in.File.Status), Timestamp: in.File.UpdatedAt, Data: in.File}
}
