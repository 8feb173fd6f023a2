// Package deleteabandoned deletes files that nobody will miss: those whose upload nobody has
// gone on with for a day, and those whose owner's account is gone. It deletes bytes and parts as
// well that were sent when nobody waited for them any more.
package deleteabandoned

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/inngest/inngestgo/step"

	"switchyard/shared/bucket"
	"switchyard/shared/events"
	"switchyard/shared/files"
	"switchyard/shared/files/batches"
	"switchyard/shared/fn"
)

var Spec = fn.Schedule{
	Cron:    "17 * * * *",
	Summary: "Delete uploads that nobody has gone on with for a day, files without an owner, and bytes that came too late",
	Timeout: time.Minute,
}

// Bounds of a run; what is left over is deleted by the next.
const (
	age   = 24 * time.Hour
	batch = 100 // files in one transaction
	times = 50  // for each sort
)

// Function deletes such files.
type Function struct {
	Files  *files.Store
	Bucket *bucket.Bucket
	Events *events.Bus
}

// Handle deletes them batch by batch. For each, files.Deleted is published, upon which its
// objects are deleted.
//
// Files without an owner are left by whoever deletes an account without saying so, such as
// another program with the same database, and by a run of deleteownerless that had too many.
func (f Function) Handle(ctx context.Context) error {
	if err := batches.Run(ctx, "abandoned", batch, times, f.deleteAbandoned); err != nil {
		return err
	}
	if err := batches.Run(ctx, "ownerless", batch, times, f.deleteOwnerless); err != nil {
		return err
	}
	if err := throughKeys(ctx, "late", f.deleteLate); err != nil {
		return err
	}
	return throughKeys(ctx, "broken", f.abortBroken)
}

// throughKeys repeats remove, each time after the last key of the batch before, until there
// are no more.
func throughKeys(ctx context.Context, name string, remove func(ctx context.Context, after string) (last string, err error)) error {
	after := ""
	for i := range times {
		last, err := step.Run(ctx, fmt.Sprintf("%s-%d", name, i+1), func(ctx context.Context) (string, error) { return remove(ctx, after) })
		if err != nil || last == "" {
			return err
		}
		after = last
	}
	return nil
}

// deleteAbandoned deletes one batch of uploads that nobody has gone on with, and returns how
// many files that were.
func (f Function) deleteAbandoned(ctx context.Context) (int, error) {
	return f.Files.DeleteAbandoned(ctx, f.Events, time.Now().Add(-age), batch)
}

// deleteOwnerless deletes one batch of files without an owner, and returns how many that were.
func (f Function) deleteOwnerless(ctx context.Context) (int, error) {
	return f.Files.DeleteOwnerless(ctx, f.Events, batch)
}

// deleteLate deletes, of one batch of the uploads whose keys come after the key after, those that
// no file awaits: their URL was used again after the bytes were pinned, or a run was cut
// before it deleted them. It returns the last key of the batch; "" if there was none.
func (f Function) deleteLate(ctx context.Context, after string) (last string, err error) {
	keys, err := f.Bucket.List(ctx, files.Uploads, after)
	if err != nil || len(keys) == 0 {
		return "", err
	}
	last = keys[len(keys)-1]
	late, err := f.unawaited(ctx, keys)
	if err != nil {
		return "", err
	}
	return last, f.Bucket.Delete(ctx, late...)
}

// abortBroken aborts, of one batch of the uploads in parts whose keys come after the key after,
// those that no file awaits: a program died before it wrote down that it had begun one, or a
// part came late. It returns the last key of the batch; "" if there was none.
func (f Function) abortBroken(ctx context.Context, after string) (last string, err error) {
	uploads, err := f.Bucket.Uploads(ctx, files.Uploads, after)
	if err != nil || len(uploads) == 0 {
		return "", err
	}
	keys := make([]string, len(uploads))
	for i, u := range uploads {
		keys[i] = u.Key
	}
	broken, err := f.unawaited(ctx, keys)
	if err != nil {
		return "", err
	}
	for _, u := range uploads {
		if slices.Contains(broken, u.Key) {
			if err := f.Bucket.Abort(ctx, u); err != nil {
				return "", err
			}
		}
	}
	return uploads[len(uploads)-1].Key, nil
}

// unawaited returns those of keys at which no file awaits its bytes.
func (f Function) unawaited(ctx context.Context, keys []string) ([]string, error) {
	ids := make([]uuid.UUID, 0, len(keys))
	for _, key := range keys {
		if id, ok := files.UploadID(key); ok {
			ids = append(ids, id)
		}
	}
	awaited, err := f.Files.Awaited(ctx, ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		id, ok := files.UploadID(key)
		return ok && slices.Contains(awaited, id)
	}), nil
}
