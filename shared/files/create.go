package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/events"
	"switchyard/shared/fault"
)

// foreignKeyViolation is the code of PostgreSQL's error that what a row refers to
// is not there.
const foreignKeyViolation = "23503"

// Create adds a file of owner, uploading; or if it is empty processing, and [Uploaded] is
// published. It fails with fault.Invalid if n is not within the limits, with fault.Conflict
// if owner has no room for it, and with fault.Unauthorized if there is no such user any more.
func (s *Store) Create(ctx context.Context, bus *events.Bus, owner string, n New) (File, error) {
	gone := fault.New(fault.Unauthorized, "There is no such account any more. Sign in to use this.")
	if owner == "" {
		return File{}, gone
	}
	n, err := n.clean()
	if err != nil {
		return File{}, err
	}
	f, err := s.insert(ctx, bus, owner, n)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == foreignKeyViolation {
		return File{}, gone.Because(err)
	}
	if err != nil {
		return File{}, fmt.Errorf("files: create: %w", err)
	}
	return f, nil
}

func (s *Store) insert(ctx context.Context, bus *events.Bus, owner string, n New) (f File, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return f, err
	}
	status := Uploading
	if n.Size == 0 {
		status = Processing
	}
	return f, s.db.InTx(ctx, func(tx pgx.Tx) error {
		f, err = one(ctx, tx, `INSERT INTO file (id, owner, name, size, type, status, key, thumbnail, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, false, now(), now()) RETURNING `+columns,
			id, owner, n.Name, n.Size, n.Type, status, UploadKey(id))
		if err != nil {
			return err
		}
		if err := s.take(ctx, tx, f); err != nil {
			return err
		}
		if err := note(ctx, tx, id, Step{Name: StepCreated, State: StepDone}); err != nil {
			return err
		}
		if err := f.tellChange(ctx, tx); err != nil {
			return err
		}
		if status == Uploading {
			return note(ctx, tx, id, Step{Name: StepUploaded, State: StepRunning})
		}
		return bus.Publish(ctx, tx, Uploaded{FileID: id, OwnerID: owner})
	})
}
