package files

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// UploadEnds returns the time until which the URL works that takes the bytes of f, if f is sent in
// one request. Nobody gets a URL that works longer.
func (f File) UploadEnds() time.Time { return f.CreatedAt.Add(UploadTTL) }

// sendable reports whether the bytes of f can be sent though it is deleted, and until when
// somebody may begin to. Parts are refused once their upload is aborted, which has no time.
func (f File) sendable() (until time.Time, ok bool) {
	switch {
	case f.Size == 0:
		return until, false
	case f.InParts():
		return until, f.Status == Uploading && f.Upload != ""
	}
	return f.UploadEnds(), time.Now().Before(f.UploadEnds())
}

// release takes files, whose rows were deleted in tx, off what their owners use. Those that can
// be sent all the same count until [Store.Free]: else whoever registers, deletes and sends, again
// and again, would fill the bucket.
func release(ctx context.Context, tx pgx.Tx, gone ...File) error {
	var free []File
	for _, f := range gone {
		until, ok := f.sendable()
		if !ok || f.Owner == "" {
			free = append(free, f)
			continue
		}
		_, err := tx.Exec(ctx, `INSERT INTO file_held (file, owner, size, until) VALUES ($1, $2, $3, greatest($4, now()))`,
			f.ID, f.Owner, f.Size, until)
		if err != nil {
			return err
		}
	}
	return giveBack(ctx, tx, free...)
}

// Free takes the deleted file with this id off what its owner uses, unless somebody can still
// begin to send its bytes. Before that, the caller has to abort its upload in parts and remove
// what was sent. It may be repeated.
func (s *Store) Free(ctx context.Context, id uuid.UUID) error {
	if _, err := s.free(ctx, `SELECT file FROM file_held WHERE file = $1 AND until <= now()`, id); err != nil {
		return fmt.Errorf("files: free the room of %s: %w", id, err)
	}
	return nil
}

// FreeLost does [Store.Free] for deleted files for which that was forgotten: nobody could begin to
// send their bytes since then. It frees the oldest first, at most limit, in one transaction, and
// returns how many.
func (s *Store) FreeLost(ctx context.Context, then time.Time, limit int) (int, error) {
	n, err := s.free(ctx, `SELECT file FROM file_held WHERE until < $1 ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED`, then, limit)
	if err != nil {
		return 0, fmt.Errorf("files: free the room of what was deleted: %w", err)
	}
	return n, nil
}

// free frees the room of the deleted files whose ids the query chosen returns.
func (s *Store) free(ctx context.Context, chosen string, args ...any) (n int, err error) {
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `DELETE FROM file_held WHERE file IN (`+chosen+`) RETURNING file, owner, size`, args...)
		if err != nil {
			return err
		}
		gone, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f File, err error) {
			err = row.Scan(&f.ID, &f.Owner, &f.Size)
			return f, err
		})
		if err != nil {
			return err
		}
		if err := giveBack(ctx, tx, gone...); err != nil {
			return err
		}
		for _, f := range gone { // whoever shows the usage looks again
			if err := f.tellGone(ctx, tx); err != nil {
				return err
			}
		}
		n = len(gone)
		return nil
	})
	return n, err
}
