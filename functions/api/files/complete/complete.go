// Package complete takes note that a file's bytes have arrived in the bucket, and
// has them processed.
package complete

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/bucket"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "POST /api/files/{id}/complete",
	Summary: "Say that a file's bytes have been sent",
	Status:  http.StatusAccepted,
	Timeout: time.Minute, // the store may copy gigabytes while it assembles them
	MaxBody: 1 << 10,
}

// Function completes uploads.
type Function struct {
	Files  *files.Store
	Bucket *bucket.Bucket
	Events *events.Bus
}

// Input names the file.
type Input struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// Output is the file, processing.
type Output struct {
	Body files.File
}

// Handle has the bucket assemble the parts, if the file is sent in parts, looks whether the
// bytes are there, as many as were announced, and publishes files.Uploaded. It fails with
// fault.NotFound if there is no such file, and with fault.Conflict if its bytes are not there
// or it was completed before.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	owner := auth.UserFrom(ctx).ID
	file, err := f.Files.Get(ctx, owner, in.ID)
	if err != nil {
		return nil, err
	}
	if err := file.NotUploading(); err != nil {
		return nil, err
	}
	if file.Upload != "" {
		if err := f.assemble(ctx, file); err != nil {
			return nil, err
		}
	}
	object, err := f.Bucket.Head(ctx, file.Key)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Conflict, "The bytes of this file have not arrived. Upload the bytes first.").Because(err)
	}
	if err != nil {
		return nil, err
	}
	if object.Size != file.Size {
		return nil, fault.New(fault.Conflict, "%d bytes have arrived, but %d were announced. Upload the file again.", object.Size, file.Size)
	}
	completed, err := f.Files.Complete(ctx, f.Events, owner, in.ID)
	if fault.Is(err, fault.NotFound) {
		// It was deleted meanwhile: its objects may have been, too, before this one was assembled.
		return nil, errors.Join(err, f.Bucket.Delete(ctx, file.Key))
	}
	if err != nil {
		return nil, err
	}
	return &Output{Body: completed}, nil
}

// assemble makes one object of the parts of file, or fails with fault.Conflict if some have
// not arrived. It may be repeated.
func (f Function) assemble(ctx context.Context, file files.File) error {
	upload := bucket.Upload{Key: file.Key, ID: file.Upload}
	parts, err := f.Bucket.Parts(ctx, upload)
	if fault.Is(err, fault.NotFound) {
		return nil // they are assembled
	}
	if err != nil {
		return err
	}
	arrived := 0
	for _, p := range parts {
		if _, size := file.Part(p.Number); p.Size == size {
			arrived++
		}
	}
	if arrived != file.Parts() || arrived != len(parts) {
		return fault.New(fault.Conflict, "%d of the %d parts of this file have arrived. Upload the others first.", arrived, file.Parts())
	}
	err = f.Bucket.Assemble(ctx, upload, parts)
	if fault.Is(err, fault.NotFound) {
		return nil // by another request
	}
	return err
}
