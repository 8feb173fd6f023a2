package files

import (
	"strings"

	"github.com/google/uuid"
)

// What keys begin with.
const (
	// Uploads is for bytes that were sent and are to be pinned.
	Uploads = "uploads/"
	pinned  = "contents/"
	// unpinned is for the bytes of files made by releases that did not pin them. The rows
	// of these files have no key.
	unpinned = "files/"
)

// UploadKey returns where the bytes of the file with this id are sent to.
func UploadKey(id uuid.UUID) string { return Uploads + id.String() }

// UploadID returns the id of the file whose bytes are sent to key; false if key is not one that
// [UploadKey] returns.
func UploadID(key string) (uuid.UUID, bool) {
	text, ok := strings.CutPrefix(key, Uploads)
	id, err := uuid.Parse(text)
	return id, ok && err == nil
}

// PinnedKeys returns the prefix of the keys at which the bytes of the file with this id may be
// pinned.
func PinnedKeys(id uuid.UUID) string { return pinned + id.String() + "/" }

// NewPinnedKey returns a new key at which the bytes of the file with this id may be pinned, a
// different one each time.
func NewPinnedKey(id uuid.UUID) string { return PinnedKeys(id) + uuid.NewString() }

// ThumbnailKey returns where the thumbnail of the file with this id lies in the
// bucket.
func ThumbnailKey(id uuid.UUID) string { return "thumbnails/" + id.String() }

// Keys returns the other keys that the file with this id may have in the bucket: of its thumbnail,
// of what was sent, and of bytes that are not pinned.
func Keys(id uuid.UUID) []string {
	return []string{UploadKey(id), ThumbnailKey(id), unpinned + id.String()}
}

// Pinned reports whether the bytes lie where nobody can replace them.
func (f File) Pinned() bool { return strings.HasPrefix(f.Key, PinnedKeys(f.ID)) }

// Served reports whether the bytes can be served: they are pinned, or the file is older than
// pinning.
func (f File) Served() bool { return f.Status != Uploading && !strings.HasPrefix(f.Key, Uploads) }
