// Package thumbnail leads to the small version of a picture.
package thumbnail

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/bucket"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "GET /api/files/{id}/thumbnail",
	Summary: "Show the thumbnail of a picture",
	Status:  http.StatusFound,
	Timeout: 10 * time.Second,
}

// ttl is how long the address works.
const ttl = 5 * time.Minute

// Function leads to thumbnails.
type Function struct {
	Files  *files.Store
	Bucket *bucket.Bucket
}

// Input names the file.
type Input struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// Output is where the thumbnail is.
type Output struct {
	Location     string `header:"Location" format:"uri" doc:"Works for 5 minutes"`
	CacheControl string `header:"Cache-Control"`
	Vary         string `header:"Vary"`
}

// Handle makes the address of the thumbnail. It fails with fault.NotFound if
// there is no such file, or no thumbnail of it.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	file, err := f.Files.Get(ctx, auth.UserFrom(ctx).ID, in.ID)
	if err != nil {
		return nil, err
	}
	if !file.Thumbnail {
		return nil, fault.New(fault.NotFound, "There is no thumbnail of this file.")
	}
	address, err := f.Bucket.PresignGet(ctx, files.ThumbnailKey(file.ID), ttl, bucket.GetOptions{Inline: true})
	if err != nil {
		return nil, err
	}
	// A page that is shown again finds its pictures in the browser's cache, as
	// long as the address works and nobody else has signed in there.
	return &Output{Location: address, CacheControl: "private, max-age=240", Vary: "Cookie"}, nil
}
