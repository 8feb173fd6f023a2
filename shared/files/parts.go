package files

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// PartSize is the size, in bytes, of the largest file that is sent in one request. A larger one
// is sent in parts of this size; the last may be smaller. If an upload is cut off, only the parts
// that have not arrived are sent again.
const PartSize = 16 << 20

// InParts reports whether the bytes are sent in parts.
func (f File) InParts() bool { return f.Size > PartSize }

// Parts returns how many parts there are.
func (f File) Parts() int { return int((f.Size + PartSize - 1) / PartSize) }

// Part returns where the part with this number, from 1 on, begins, and its size, in bytes.
func (f File) Part(number int) (offset, size int64) {
	offset = int64(number-1) * PartSize
	return offset, min(PartSize, f.Size-offset)
}

// Sending returns a file of owner. If the file is uploading, it also notes that its bytes are being
// sent, so that [Store.DeleteAbandoned] leaves it. It fails with fault.NotFound if there is none.
func (s *Store) Sending(ctx context.Context, owner string, id uuid.UUID) (File, error) {
	f, err := s.update(ctx, `UPDATE file SET updated_at = now() WHERE id = $1 AND owner = $2 AND status = $3 RETURNING `+columns,
		id, owner, string(Uploading))
	if err != nil {
		return File{}, fmt.Errorf("files: note that %s is being sent: %w", id, err)
	}
	return f, nil
}

// BeginUpload notes that the upload in parts of a file of owner has the id next in the bucket, in
// place of the id before. If the file has another id by now, or is not uploading any more, it
// stays as it is: the caller compares its Upload with next. It fails with fault.NotFound if the
// file is gone.
func (s *Store) BeginUpload(ctx context.Context, owner string, id uuid.UUID, before, next string) (File, error) {
	f, err := s.update(ctx, `UPDATE file SET upload = $4 WHERE id = $1 AND owner = $2 AND status = $5
		AND coalesce(upload, '') = $3 RETURNING `+columns, id, owner, before, next, string(Uploading))
	if err != nil {
		return File{}, fmt.Errorf("files: begin the upload of %s: %w", id, err)
	}
	return f, nil
}
