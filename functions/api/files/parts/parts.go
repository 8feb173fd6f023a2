// Package parts answers with the requests that send the parts of a large file straight to the
// bucket: those that have not arrived yet. So an upload that was cut off goes on where it
// was.
package parts

import (
	"context"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/bucket"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "POST /api/files/{id}/parts",
	Summary: "Get the requests that store the next parts of a file",
	Timeout: 20 * time.Second,
	MaxBody: 4 << 10,
}

// batch is how many parts are signed at once.
const batch = 8

// Function signs parts.
type Function struct {
	Files  *files.Store
	Bucket *bucket.Bucket
}

// Input names the file.
type Input struct {
	ID   uuid.UUID `path:"id" format:"uuid"`
	Body struct {
		Again []int `json:"again,omitempty" maxItems:"320" doc:"Numbers of parts that were begun to be sent, and not answered. There are stores that take such a part for a whole one: it is sent again."`
	}
}

// Output is what has arrived, and what is to be sent next.
type Output struct {
	Body struct {
		Arrived int64  `json:"arrived" doc:"Bytes of the parts that have arrived"`
		Parts   []Part `json:"parts" nullable:"false" doc:"The next parts to send, 8 at most. Ask again after that; when there are none, complete the file."`
	}
}

// Part is a part, and the request that stores it.
type Part struct {
	Number  int               `json:"number" doc:"From 1 on"`
	Offset  int64             `json:"offset" doc:"Where in the file it begins, in bytes"`
	Size    int64             `json:"size" doc:"In bytes. It is signed too: send no byte more or less."`
	Method  string            `json:"method"`
	URL     string            `json:"url" format:"uri" doc:"Works for 15 minutes; ask again for another"`
	Headers map[string]string `json:"headers" doc:"To be sent exactly so"`
}

// Handle begins the upload in the bucket if there is none, and signs the next parts. It fails
// with fault.NotFound if there is no such file, and with fault.Conflict if it is not awaited,
// or is sent in one request.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	file, err := f.Files.Sending(ctx, auth.UserFrom(ctx).ID, in.ID)
	if err != nil {
		return nil, err
	}
	if err := file.NotUploading(); err != nil {
		return nil, err
	}
	if !file.InParts() {
		return nil, fault.New(fault.Conflict, "This file is not sent in parts. Send it by the request that it was registered with.")
	}
	progress, err := f.resume(ctx, file)
	if err != nil {
		return nil, err
	}
	for _, number := range in.Body.Again {
		delete(progress.arrived, number)
	}
	return f.next(ctx, file, progress)
}

// progress is how far an upload is.
type progress struct {
	upload  bucket.Upload
	arrived map[int]int64 // the sizes of parts by their number
	whole   bool          // they are assembled
}

// resume returns how far the upload of file is, and begins one if there is none, or if the
// store has given it up.
func (f Function) resume(ctx context.Context, file files.File) (progress, error) {
	if file.Upload == "" {
		return f.begin(ctx, file)
	}
	p := progress{upload: bucket.Upload{Key: file.Key, ID: file.Upload}, arrived: map[int]int64{}}
	parts, err := f.Bucket.Parts(ctx, p.upload)
	if fault.Is(err, fault.NotFound) {
		return f.ended(ctx, file)
	}
	for _, part := range parts {
		p.arrived[part.Number] = part.Size
	}
	return p, err
}

// ended looks whether the bytes are there as a whole, and begins another upload if not.
func (f Function) ended(ctx context.Context, file files.File) (progress, error) {
	object, err := f.Bucket.Head(ctx, file.Key)
	if err == nil && object.Size == file.Size {
		return progress{whole: true}, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return progress{}, err
	}
	return f.begin(ctx, file)
}

// begin begins an upload. If another request was faster, that one's is taken.
func (f Function) begin(ctx context.Context, file files.File) (progress, error) {
	begun, err := f.Bucket.Begin(ctx, file.Key, file.Type)
	if err != nil {
		return progress{}, err
	}
	now, err := f.Files.BeginUpload(ctx, file.Owner, file.ID, file.Upload, begun.ID)
	if err == nil {
		err = now.NotUploading()
	}
	if err == nil && now.Upload == begun.ID {
		return progress{upload: begun}, nil
	}
	// This may be cut off, too: deleteabandoned finds what no file awaits.
	if aborted := f.Bucket.Abort(ctx, begun); err == nil {
		err = aborted
	}
	return progress{upload: bucket.Upload{Key: now.Key, ID: now.Upload}}, err
}

// next signs the next parts of file that have not arrived.
func (f Function) next(ctx context.Context, file files.File, p progress) (*Output, error) {
	var out Output
	out.Body.Parts = []Part{}
	if p.whole {
		out.Body.Arrived = file.Size
		return &out, nil
	}
	for number := 1; number <= file.Parts(); number++ {
		offset, size := file.Part(number)
		switch {
		case p.arrived[number] == size:
			out.Body.Arrived += size
		case len(out.Body.Parts) < batch:
			r, err := f.Bucket.PresignPart(ctx, p.upload, number, size, files.UploadTTL)
			if err != nil {
				return nil, err
			}
			out.Body.Parts = append(out.Body.Parts, Part{
				Number: number, Offset: offset, Size: size, Method: r.Method, URL: r.URL, Headers: r.Headers,
			})
		}
	}
	return &out, nil
}
