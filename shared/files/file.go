// Package files is the file desk's domain: what a file is, which states it goes
// through, and how its row changes together with the events that announce it.
//
// A file begins as uploading: its row is there, its bytes are awaited in the
// bucket. Once its sender says that they have arrived it is processing, and
// after that ready, or failed with a reason. An empty file has none to be sent: it
// begins as processing.
//
// The bytes lie in the bucket under keys made from the file's id, never from its name. Whoever
// has the URL for sending them may replace them as long as that URL works. So processing begins
// with a copy, at a key for which nobody ever gets a URL to write. From then on the file is
// pinned: that copy is processed, and served.
//
// A file belongs to one user. When the account is deleted, whoever deletes it, the database
// takes the owner off the file. From then on nobody sees the file, and a job removes it.
package files

import (
	"mime"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"switchyard/internal/visible"
	"switchyard/shared/fault"
)

// Limits of a file.
const (
	MaxSize = 5 << 30 // bytes; what an S3 store copies at once, see [File.Pinned]
	MaxName = 255     // characters
)

// UploadTTL is how long the URL that takes a file's bytes can be used.
const UploadTTL = 15 * time.Minute

// Status is where a file is on its way.
type Status string

// The states, in order.
const (
	Uploading  Status = "uploading"  // the bytes are awaited
	Processing Status = "processing" // they are there, and being looked at
	Ready      Status = "ready"      // all that can be known of them is
	Failed     Status = "failed"     // Reason says why
)

// Statuses returns all states, in order.
func Statuses() []Status { return []Status{Uploading, Processing, Ready, Failed} }

// File is one file of the desk.
type File struct {
	ID        uuid.UUID `json:"id" format:"uuid" doc:"Ids sort by time of creation (UUIDv7)"`
	Name      string    `json:"name" doc:"As the sender called it; any text, never a path"`
	Size      int64     `json:"size" doc:"In bytes"`
	Type      string    `json:"type" doc:"As the sender said; found out from the content once it is processed"`
	Kind      Kind      `json:"kind" enum:"picture,audio,video,document,other" doc:"By its type"`
	Status    Status    `json:"status" enum:"uploading,processing,ready,failed"`
	Reason    string    `json:"reason,omitempty" doc:"Why it failed"`
	SHA256    string    `json:"sha256,omitempty" doc:"Of the content, in hexadecimal, once it is processed"`
	Width     int       `json:"width,omitempty" doc:"Of a picture, as a viewer shows it, in pixels"`
	Height    int       `json:"height,omitempty" doc:"Of a picture, as a viewer shows it, in pixels"`
	Thumbnail bool      `json:"thumbnail" doc:"Whether there is one"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`

	// Key is the key of the bytes in the bucket: first that at which they arrive, later that at
	// which they are pinned.
	Key string `json:"-"`

	// Owner is the id of the user whose file it is; "" if the account is gone.
	Owner string `json:"-"`

	// Upload is the bucket's id of the upload in parts; "" if none was begun.
	Upload string `json:"-"`
}

// New is what a sender says of a file.
type New struct {
	Name string // 1 to MaxName characters, none of them a control character, and some of which are seen
	Size int64  // bytes, 0 to MaxSize
	Type string // a MIME type; defaults to application/octet-stream

	// Request identifies the request among those of its sender. If it is sent again, it makes no
	// second file. With "" each request makes a file.
	Request string
}

// clean returns n with its type in canonical form, or fault.Invalid.
func (n New) clean() (New, error) {
	switch {
	case !visible.Any(n.Name) || utf8.RuneCountInString(n.Name) > MaxName:
		return n, fault.New(fault.Invalid, "A file's name has 1 to %d characters, and not only spaces and others that nobody sees.", MaxName)
	case !utf8.ValidString(n.Name) || strings.ContainsFunc(n.Name, unicode.IsControl):
		return n, fault.New(fault.Invalid, "A file's name cannot hold control characters, such as tabs and line breaks.")
	case n.Size < 0 || n.Size > MaxSize:
		return n, fault.New(fault.Invalid, "A file has 0 to %d bytes (5 GiB).", int64(MaxSize))
	case n.Type == "":
		n.Type = "application/octet-stream"
		return n, nil
	}
	invalid := fault.New(fault.Invalid, "The type is not a MIME type such as image/jpeg.")
	kind, params, err := mime.ParseMediaType(n.Type)
	if err != nil {
		return n, invalid.Because(err)
	}
	n.Type = mime.FormatMediaType(kind, params)
	if n.Type == "" || !strings.Contains(kind, "/") || len(n.Type) > 255 {
		return n, invalid
	}
	return n, nil
}
