// Package create registers a file and answers with the request that sends its
// bytes straight to the bucket, or says in which parts they are to be sent.
package create

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/bucket"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

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
	Events *events.Bus
}

// Input is what the sender says of the file.
type Input struct {
	Key  string `header:"Idempotency-Key" maxLength:"255" doc:"Any text that you use for this file alone, such as a UUID. Who had no answer sends the same again, with the same key: that registers no second file, and answers as before, with the file as it is now. The same key with another body is refused with 422. A key is kept as long as its file."`
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"255" doc:"What it is called: any text without control characters, something of which can be seen" example:"holiday.jpg"`
		Size int64  `json:"size" minimum:"0" maximum:"5368709120" doc:"In bytes, exactly" example:"3400000"`
		Type string `json:"type,omitempty" maxLength:"255" doc:"Its MIME type; application/octet-stream if not given" example:"image/jpeg"`
	}
}

// Output is the file, and how to send its bytes.
type Output struct {
	Body struct {
		File   files.File `json:"file"`
		Upload *Upload    `json:"upload,omitempty" doc:"The request that stores the bytes, of a file of at most 16 MiB. A file of size 0 has none: it is being processed already, and need not be completed."`
		Parts  *Parts     `json:"parts,omitempty" doc:"How a larger file is divided; POST /api/files/{id}/parts answers with the requests that store its parts"`
	}
}

// Parts are what a large file is sent in.
type Parts struct {
	Size  int64 `json:"size" doc:"Bytes of each part but the last"`
	Count int   `json:"count"`
}

// Upload is a request.
type Upload struct {
	Method  string            `json:"method"`
	URL     string            `json:"url" format:"uri" doc:"Works until 15 minutes after the file was registered"`
	Headers map[string]string `json:"headers" doc:"To be sent exactly so. The size is signed too: send no byte more or less. If-None-Match may be among them: then 412 says that the bytes are there already."`
}

// Handle adds the file, uploading, or processing if it is empty; or finds the one that was added
// by the same request. It fails with fault.Invalid if the name, the size or the type cannot be,
// or the key was used for another file, and with fault.Conflict if it was used so long ago that
// the bytes cannot be sent any more.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	file, err := f.Files.Create(ctx, f.Events, auth.UserFrom(ctx).ID, files.New{
		Name: in.Body.Name, Size: in.Body.Size, Type: in.Body.Type, Request: in.Key,
	})
	if err != nil {
		return nil, err
	}
	var out Output
	out.Body.File = file
	switch {
	case file.Status != files.Uploading:
		return &out, nil
	case file.InParts():
		out.Body.Parts = &Parts{Size: files.PartSize, Count: file.Parts()}
		return &out, nil
	}
	left := time.Until(file.UploadEnds())
	if left < time.Second {
		return nil, fault.New(fault.Conflict, "This file was registered too long ago for its bytes to be sent. Delete it, %s, and register it with another Idempotency-Key.", file.ID)
	}
	upload, err := f.Bucket.PresignPut(ctx, file.Key, file.Size, file.Type, min(left, files.UploadTTL))
	if err != nil {
		return nil, err
	}
	out.Body.Upload = &Upload{Method: upload.Method, URL: upload.URL, Headers: upload.Headers}
	return &out, nil
}
