// Package deleteobjects deletes the objects, in the bucket, of a file that was deleted.
package deleteobjects

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/shared/bucket"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

var Spec = fn.Job{
	Events:  []string{files.EventDeleted},
	Summary: "Delete the bytes and the thumbnail of a deleted file",
	Timeout: time.Minute,
}

// slowest bounds the time from the beginning of an upload to its last byte.
const slowest = time.Hour

// Function deletes objects.
type Function struct {
	Files  *files.Store
	Bucket *bucket.Bucket
}

// Output is nothing.
type Output struct{}

// Handle deletes the objects. If somebody may still be writing one, it waits until nobody
// can, and deletes them once more.
func (f Function) Handle(ctx context.Context, in *files.Deleted) (*Output, error) {
	wait, err := step.Run(ctx, "delete", func(ctx context.Context) (time.Duration, error) {
		return Wait(time.Now(), in.UploadEnds), f.Delete(ctx, in.FileID)
	})
	if err != nil || wait == 0 {
		return &Output{}, err
	}
	step.Sleep(ctx, "late-upload", wait)
	_, err = step.Run(ctx, "delete-again", func(ctx context.Context) (Output, error) {
		return Output{}, f.Delete(ctx, in.FileID)
	})
	return &Output{}, err
}

// Wait returns how long objects may still be written, in whole seconds, of a file
// of which none is begun after uploadEnds. It is 0 if that has passed.
func Wait(now, uploadEnds time.Time) time.Duration {
	if !now.Before(uploadEnds) {
		return 0
	}
	return (uploadEnds.Sub(now) + slowest).Round(time.Second)
}

// Delete deletes the objects of the file, and the parts of one that has not arrived as a
// whole. If none can follow, the file counts no more to what its owner uses. It may be repeated.
func (f Function) Delete(ctx context.Context, id uuid.UUID) error {
	if err := f.Bucket.AbortAll(ctx, files.UploadKey(id)); err != nil {
		return err
	}
	if err := f.Bucket.DeleteAll(ctx, files.PinnedKeys(id)); err != nil {
		return err
	}
	if err := f.Bucket.Delete(ctx, files.Keys(id)...); err != nil {
		return err
	}
	return f.Files.Free(ctx, id)
}
