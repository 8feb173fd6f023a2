package files

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"switchyard/shared/fault"
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

// Sending returns a file of owner, and notes that its bytes are being sent, if they are awaited: so
// it is not abandoned, see [Store.DeleteAbandoned]. It fails with fault.NotFound if there is none.
func (s *Store) Sending(ctx context.Context, owner string, id uuid.UUID) (File, error) {
	f, err := one(ctx, s.db, `UPDATE file SET updated_at = now() WHERE id = $1 AND owner = $2 AND status = $3 RETURNING `+columns,
		id, owner, string(Uploading))
	if fault.Is(err, fault.NotFound) {
		f, err = one(ctx, s.db, byID, id, owner)
	}
	if err != nil {
		return File{}, fmt.Errorf("files: note that %s is being sent: %w", id, err)
	}
	return f, nil
}

// BeginUpload notes that the bucket knows the upload in parts of a file of owner by the id
// next, in place of the id before. If it is known by another already, or not uploading any
// more, the file stays as it is: who calls compares. It fails with fault.NotFound if the file
// is gone.
func (s *Store) BeginUpload(ctx context.Context, owner string, id uuid.UUID, before, next string) (File, error) {
	f, err := one(ctx, s.db, `UPDATE file SET upload = $4 WHERE id = $1 AND owner = $2 AND status = $5
		AND coalesce(upload, '') = $3 RETURNING `+columns, id, owner, before, next, string(Uploading))
	if fault.Is(err, fault.NotFound) {
		f, err = one(ctx, s.db, byID, id, owner)
	}
	if err != nil {
		return File{}, fmt.Errorf("files: begin the upload of %s: %w", id, err)
	}
	return f, nil
}
