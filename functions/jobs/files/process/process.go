// Package process pins the bytes of a file that has arrived, and looks at them: how many
// there are, what they are, for a picture its size and a thumbnail, and how a text begins.
// The file's history tells of it.
//
// Each step can be repeated without harm, and what a step found out about the
// bytes themselves, good or bad, is its result and not an error: errors are for
// what may go better at the next try.
package process

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/functions/jobs/files/process/internal/picture"
	"switchyard/shared/bucket"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/fairlock"
	"switchyard/shared/fn"
)

var Spec = fn.Job{
	Events:  []string{files.EventUploaded},
	Summary: "Find out checksum, type, dimensions, thumbnail and excerpt of a file",
	Timeout: 15 * time.Minute, // for 5 GiB from a slow store
	// Whoever sends a thousand files at once leaves room for the others.
	Concurrency: fn.Concurrency{Limit: 4, Key: "event.data.ownerId"},
	CancelOn: []fn.Cancel{{
		Event: files.EventDeleted,
		If:    "event.data.fileId == async.data.fileId",
	}},
}

// Function processes files.
type Function struct {
	Files  *files.Store
	Bucket *bucket.Bucket
	Events *events.Bus
	Turns  *fairlock.Lock // of decoding pictures
}

// Output is how it ended.
type Output struct {
	Status files.Status `json:"status"` // "" if the file, or its owner, was gone by then
}

// Handle processes the file, after which it is ready or failed.
func (f Function) Handle(ctx context.Context, in *files.Uploaded) (*Output, error) {
	pinned, err := step.Run(ctx, "pin", noted(f, in, files.StepPin, func(ctx context.Context) (Pinned, error) {
		return f.Pin(ctx, in.OwnerID, in.FileID)
	}))
	if err != nil {
		return nil, err
	}
	if pinned.Reason != "" {
		return f.finish(ctx, in, files.Result{Reason: pinned.Reason})
	}
	digest, err := step.Run(ctx, "digest-pinned", noted(f, in, files.StepDigest, func(ctx context.Context) (Digest, error) {
		return f.Digest(ctx, in, pinned)
	}))
	if err != nil {
		return nil, err
	}
	result := files.Result{Reason: digest.Reason, Type: digest.Type, SHA256: digest.SHA256}
	if digest.Reason == "" && picture.Supported(digest.Type) {
		seen, err := step.Run(ctx, "picture", noted(f, in, files.StepPicture, func(ctx context.Context) (Picture, error) {
			return f.Picture(ctx, in, pinned.Key, digest.Type)
		}))
		if err != nil {
			return nil, err
		}
		result.Reason, result.Width, result.Height, result.Thumbnail = seen.Reason, seen.Width, seen.Height, seen.Thumbnail
	}
	return f.finish(ctx, in, result)
}

func (f Function) finish(ctx context.Context, in *files.Uploaded, r files.Result) (*Output, error) {
	out, err := step.Run(ctx, "finish", func(ctx context.Context) (Output, error) { return f.Finish(ctx, in.OwnerID, in.FileID, r) })
	return &out, err
}

// Failed marks the file of a run that has given up as failed.
func (f Function) Failed(ctx context.Context, in *files.Uploaded, _ error) error {
	_, err := f.Finish(ctx, in.OwnerID, in.FileID, files.Result{Reason: files.Unprocessed})
	return err
}

// Finish stores what was found out. If the file was deleted in the meantime, it
// sees to it that nothing stays in the bucket. If only its owner is gone, or never
// was its owner, it leaves all as it is.
func (f Function) Finish(ctx context.Context, owner string, id uuid.UUID, r files.Result) (Output, error) {
	file, err := f.Files.Finish(ctx, f.Events, owner, id, r)
	if !fault.Is(err, fault.NotFound) {
		return Output{Status: file.Status}, err
	}
	if exists, err := f.Files.Exists(ctx, id); err != nil || exists {
		return Output{}, err
	}
	if err := f.Bucket.DeleteAll(ctx, files.PinnedKeys(id)); err != nil {
		return Output{}, err
	}
	return Output{}, f.Bucket.Delete(ctx, files.Keys(id)...)
}
