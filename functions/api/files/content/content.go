// Package content leads to the bytes of a file, to be saved.
package content

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/bucket"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/preview"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "GET /api/files/{id}/content",
	Summary: "Download a file",
	Status:  http.StatusFound,
	Timeout: 10 * time.Second,
}

// ttl is how long the address works; a download that has begun may take longer.
const ttl = 5 * time.Minute

// Function leads to bytes.
type Function struct {
	Files  *files.Store
	Bucket *bucket.Bucket
}

// Input names the file.
type Input struct {
	ID     uuid.UUID `path:"id" format:"uuid"`
	Inline bool      `query:"inline" doc:"To show it, if it is of a type that pages show, and not to save it"`
}

// Output is where the bytes are.
type Output struct {
	Location string `header:"Location" format:"uri" doc:"Works for 5 minutes"`
}

// Handle makes the address of the bytes, which are sent as an attachment: what
// somebody uploaded is never shown as a page, unless it is asked for and can carry no script.
// It fails with fault.NotFound if there is no such file and with fault.Conflict while its bytes
// are awaited, or may still be replaced.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	file, err := f.Files.Get(ctx, auth.UserFrom(ctx).ID, in.ID)
	if err != nil {
		return nil, err
	}
	if !file.Served() {
		return nil, notServed(file.Status)
	}
	if in.Inline {
		if p, err := preview.Of(ctx, f.Bucket, file, ttl); err != nil || p.URL != "" {
			return &Output{Location: p.URL}, err
		}
	}
	address, err := f.Bucket.PresignGet(ctx, file.Key, ttl, bucket.GetOptions{Filename: file.Name, Type: file.Type})
	if err != nil {
		return nil, err
	}
	return &Output{Location: address}, nil
}

// notServed returns why the bytes of a file in this status, which are not served, are not.
func notServed(s files.Status) error {
	switch s {
	case files.Uploading:
		return fault.New(fault.Conflict, "The bytes of this file have not arrived yet.")
	case files.Processing:
		return fault.New(fault.Conflict, "The bytes of this file have just arrived. Try again in a few seconds.")
	case files.Ready, files.Failed:
	}
	return fault.New(fault.Conflict, "The bytes of this file were not kept. Upload the file again.")
}
