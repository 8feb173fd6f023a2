package files

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/events"
	"switchyard/shared/fault"
)

// Complete notes that the bytes of a file of owner have arrived: the file is processing from then
// on, and [Uploaded] is published. It fails with fault.NotFound if there is no such file, and
// with fault.Conflict if it is not uploading.
func (s *Store) Complete(ctx context.Context, bus *events.Bus, owner string, id uuid.UUID) (File, error) {
	var f File
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		var err error
		if f, err = one(ctx, tx, byID+` FOR UPDATE`, id, owner); err != nil {
			return err
		}
		if err := f.NotUploading(); err != nil {
			return err
		}
		f, err = one(ctx, tx, `UPDATE file SET status = $2, updated_at = now() WHERE id = $1 RETURNING `+columns, id, Processing)
		if err != nil {
			return err
		}
		if err := note(ctx, tx, id, Step{Name: StepUploaded, State: StepDone}); err != nil {
			return err
		}
		if err := f.tellChange(ctx, tx); err != nil {
			return err
		}
		return bus.Publish(ctx, tx, Uploaded{FileID: id, OwnerID: owner})
	})
	if err != nil {
		return File{}, fmt.Errorf("files: complete %s: %w", id, err)
	}
	return f, nil
}

// Pin notes that the bytes of a processing file of owner lie at key from now on. A file that was
// pinned before, or is finished, stays as it is: the caller compares its Key with key. Pin
// fails with fault.NotFound if the file is gone.
func (s *Store) Pin(ctx context.Context, owner string, id uuid.UUID, key string) (File, error) {
	f, err := s.update(ctx, `UPDATE file SET key = $3, updated_at = now() WHERE id = $1 AND owner = $2
		AND status = $4 AND coalesce(key, '') NOT LIKE '`+pinned+`%' RETURNING `+columns,
		id, owner, key, Processing)
	if err != nil {
		return File{}, fmt.Errorf("files: pin %s: %w", id, err)
	}
	return f, nil
}

// Awaited returns those of ids whose files still need the bytes that are sent: they are uploading,
// or not pinned yet. It does not matter who owns them.
func (s *Store) Awaited(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
	rows, err := s.db.Query(ctx, `SELECT id FROM file WHERE id = ANY ($1) AND status IN ($2, $3)
		AND key = '`+Uploads+`' || id`, ids, Uploading, Processing)
	if err != nil {
		return nil, fmt.Errorf("files: look for the awaited: %w", err)
	}
	awaited, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("files: look for the awaited: %w", err)
	}
	return awaited, nil
}

// NotUploading returns the fault.Conflict that says why f cannot be completed,
// or nil if it can.
func (f File) NotUploading() error {
	if f.Status == Uploading {
		return nil
	}
	return fault.New(fault.Conflict, "This file is %s: its upload was completed before.", f.Status)
}
