// Package preview is how browsers show what is in a file: from the bucket's own origin, and
// only types that can carry no script. HTML and SVG are never among them.
package preview

import (
	"context"
	"strings"
	"time"

	"switchyard/shared/bucket"
	"switchyard/shared/files"
)

// Form is how a file is shown.
type Form string

// The forms.
const (
	None    Form = "" // it is not shown
	Picture Form = "picture"
	Audio   Form = "audio"
	Video   Form = "video"
	PDF     Form = "pdf"
	Text    Form = "text"
)

// Limits of what a browser loads at once to show it.
const (
	MaxPicture = 32 << 20   // bytes
	MaxPixels  = 64_000_000 // of a picture: with four bytes for each, a few hundred megabytes
	MaxText    = 1 << 20    // bytes
)

// forms are those of the types that are shown, as browsers know them.
var forms = map[string]Form{ //nolint:gochecknoglobals // a constant
	"image/jpeg": Picture, "image/png": Picture, "image/gif": Picture, "image/webp": Picture, "image/avif": Picture, "image/bmp": Picture,
	"audio/mpeg": Audio, "audio/mp4": Audio, "audio/x-m4a": Audio, "audio/aac": Audio, "audio/ogg": Audio, "audio/wav": Audio, "audio/flac": Audio, "audio/webm": Audio,
	"video/mp4": Video, "video/webm": Video, "video/ogg": Video, "video/quicktime": Video, "video/x-m4v": Video,
	"application/pdf": PDF,
	"text/plain":      Text, "text/csv": Text, "text/tab-separated-values": Text, "text/markdown": Text, "application/json": Text,
}

// Preview is how to show a file.
type Preview struct {
	Form Form
	URL  string // of the bytes, at the bucket; "" if they are not shown
}

// Of returns how to show f, by an address that works for ttl. A file that is not ready is not
// shown: its type is not known. A text is shown as plain text, whatever else it is.
func Of(ctx context.Context, b *bucket.Bucket, f files.File, ttl time.Duration) (Preview, error) {
	kind, _, _ := strings.Cut(f.Type, ";")
	form := forms[kind]
	switch {
	case f.Status != files.Ready, !f.Served(), form == None:
		return Preview{}, nil
	case form == Picture && (f.Size > MaxPicture || f.Width*f.Height > MaxPixels), form == Text && f.Size > MaxText:
		return Preview{}, nil
	case form == Text:
		kind = "text/plain; charset=utf-8"
	}
	address, err := b.PresignGet(ctx, f.Key, ttl, bucket.GetOptions{Filename: f.Name, Type: kind, Inline: true})
	return Preview{form, address}, err
}
