// Package create registers a file and answers with the request that sends its
// bytes straight to the bucket.
package create

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/bucket"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

// Spec is what the hosts know of it.
var Spec = fn.Endpoint{
	Route:   "POST /api/files",
	Summary: "Register a file",
	Status:  http.StatusCreated,
	Timeout: 10 * time.Second,
	MaxBody: 16 << 10,
}

// Function registers files.
type Function struct {
	Files  *files.Store
	Bucket *bucket.Bucket
}

// Input is what the sender says of the file.
type Input struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"255" doc:"What it is called: any text without control characters" example:"holiday.jpg"`
		Size int64  `json:"size" minimum:"0" maximum:"5368709120" doc:"In bytes, exactly" example:"3400000"`
		Type string `json:"type,omitempty" maxLength:"255" doc:"Its MIME type; application/octet-stream if not given" example:"image/jpeg"`
	}
}

// Output is the file, and how to send its bytes.
type Output struct {
	Body struct {
		File   files.File `json:"file"`
		Upload struct {
			Method  string            `json:"method"`
			URL     string            `json:"url" format:"uri" doc:"Works for 15 minutes"`
			Headers map[string]string `json:"headers" doc:"To be sent exactly so. The size is signed too: send no byte more or less."`
		} `json:"upload" doc:"The request that stores the bytes"`
	}
}

// Handle adds the file, uploading. It fails with fault.Invalid if the name, the
// size or the type cannot be.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	file, err := f.Files.Create(ctx, auth.UserFrom(ctx).ID, files.New{Name: in.Body.Name, Size: in.Body.Size, Type: in.Body.Type})
	if err != nil {
		return nil, err
	}
	upload, err := f.Bucket.PresignPut(ctx, files.Key(file.ID), file.Size, file.Type, files.UploadTTL)
	if err != nil {
		return nil, err
	}
	var out Output
	out.Body.File = file
	out.Body.Upload.Method, out.Body.Upload.URL, out.Body.Upload.Headers = upload.Method, upload.URL, upload.Headers
	return &out, nil
}
