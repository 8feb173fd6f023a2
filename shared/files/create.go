package files

import (
	"context"
	"crypto/sha256"
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

// Create adds a file of owner. It is uploading; an empty file is processing at once, and
// [Uploaded] is published. If the same request (see [New.Request]) has made a file of owner
// before, Create returns that file as it is now.
//
// It fails with fault.Invalid if n is not within the limits, or if the same request has made
// another file; with fault.Conflict if owner has no room for it; and with fault.Unauthorized
// if there is no such user any more.
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
	key, sum := n.hashes()
	err = s.db.InTx(ctx, func(tx pgx.Tx) (err error) {
		f, err = one(ctx, tx, `INSERT INTO file (id, owner, name, size, type, status, key, thumbnail, request_key, request_sum, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, false, $8, $9, now(), now())
			ON CONFLICT (owner, request_key) WHERE request_key IS NOT NULL DO NOTHING RETURNING `+columns,
			id, owner, n.Name, n.Size, n.Type, status, UploadKey(id), key, sum)
		if fault.Is(err, fault.NotFound) {
			f, err = repeated(ctx, tx, owner, key, sum)
			return err
		}
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
	return f, err
}

// hashes returns those of what tells the request for n from others, and of all that it said; nil
// if nothing tells it from others.
func (n New) hashes() (key, sum []byte) {
	if n.Request == "" {
		return nil, nil
	}
	k, s := sha256.Sum256([]byte(n.Request)), sha256.Sum256(fmt.Appendf(nil, "%q %d %q", n.Name, n.Size, n.Type))
	return k[:], s[:]
}

// repeated returns the file of owner that the request with these hashes has made before.
func repeated(ctx context.Context, tx pgx.Tx, owner string, key, sum []byte) (File, error) {
	f, err := one(ctx, tx, `SELECT `+columns+` FROM file WHERE owner = $1 AND request_key = $2 AND request_sum = $3`, owner, key, sum)
	if fault.Is(err, fault.NotFound) {
		return f, fault.New(fault.Invalid, "This Idempotency-Key belongs to another file: take a new key for each.").
			In(fault.Issue{Location: "header.Idempotency-Key", Message: "used with another body"})
	}
	return f, err
}
