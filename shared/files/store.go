package files

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/fault"
)

// Store is the table of files. What changes a file and has to be known elsewhere
// takes the bus too, and publishes in the same transaction.
type Store struct{ db *db.DB }

// Open returns the store in d. It makes no call to the database.
func Open(_ context.Context, d *db.DB) (*Store, error) { return &Store{db: d}, nil }

const columns = `id, name, size, type, status, coalesce(reason, ''), coalesce(sha256, ''),
	coalesce(width, 0), coalesce(height, 0), thumbnail, created_at, updated_at`

func scan(row pgx.CollectableRow) (File, error) {
	var f File
	err := row.Scan(&f.ID, &f.Name, &f.Size, &f.Type, &f.Status, &f.Reason, &f.SHA256,
		&f.Width, &f.Height, &f.Thumbnail, &f.CreatedAt, &f.UpdatedAt)
	f.CreatedAt, f.UpdatedAt = f.CreatedAt.UTC(), f.UpdatedAt.UTC()
	return f, err
}

// querier is the database or a transaction in it.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// one returns the only row of a query, or fault.NotFound if there is none.
func one(ctx context.Context, q querier, sql string, args ...any) (File, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return File{}, err
	}
	f, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, fault.New(fault.NotFound, "There is no file with this id.")
	}
	return f, err
}

// Create adds a file, uploading. It fails with fault.Invalid if n is not within
// the limits.
func (s *Store) Create(ctx context.Context, n New) (File, error) {
	n, err := n.clean()
	if err != nil {
		return File{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return File{}, fmt.Errorf("files: make an id: %w", err)
	}
	f, err := one(ctx, s.db, `INSERT INTO file (id, name, size, type, status, thumbnail, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, false, now(), now()) RETURNING `+columns, id, n.Name, n.Size, n.Type, Uploading)
	if err != nil {
		return File{}, fmt.Errorf("files: create: %w", err)
	}
	return f, nil
}

// Get returns a file, or fault.NotFound.
func (s *Store) Get(ctx context.Context, id uuid.UUID) (File, error) {
	f, err := one(ctx, s.db, `SELECT `+columns+` FROM file WHERE id = $1`, id)
	if err != nil {
		return File{}, fmt.Errorf("files: get %s: %w", id, err)
	}
	return f, nil
}

// Complete marks a file's bytes as arrived: it is processing, and [Uploaded] is
// published. It fails with fault.NotFound, or with fault.Conflict if the file is
// not uploading.
func (s *Store) Complete(ctx context.Context, bus *events.Bus, id uuid.UUID) (File, error) {
	var f File
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		var err error
		if f, err = one(ctx, tx, `SELECT `+columns+` FROM file WHERE id = $1 FOR UPDATE`, id); err != nil {
			return err
		}
		if err := f.NotUploading(); err != nil {
			return err
		}
		f, err = one(ctx, tx, `UPDATE file SET status = $2, updated_at = now() WHERE id = $1 RETURNING `+columns, id, Processing)
		if err != nil {
			return err
		}
		return bus.Publish(ctx, tx, Uploaded{FileID: id})
	})
	if err != nil {
		return File{}, fmt.Errorf("files: complete %s: %w", id, err)
	}
	return f, nil
}

// NotUploading returns the fault.Conflict that says why f cannot be completed,
// or nil if it can.
func (f File) NotUploading() error {
	if f.Status == Uploading {
		return nil
	}
	return fault.New(fault.Conflict, "This file is %s: its upload was completed before.", f.Status)
}

// Delete removes a file's row and publishes [Deleted], so that its objects
// follow. It fails with fault.NotFound if there is none.
func (s *Store) Delete(ctx context.Context, bus *events.Bus, id uuid.UUID) error {
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		f, err := one(ctx, tx, `DELETE FROM file WHERE id = $1 RETURNING `+columns, id)
		if err != nil {
			return err
		}
		return bus.Publish(ctx, tx, f.deleted())
	})
	if err != nil {
		return fmt.Errorf("files: delete %s: %w", id, err)
	}
	return nil
}

// DeleteAbandoned deletes, as [Store.Delete] does, the oldest files that were
// created before then and never completed: at most limit of them, all or none.
// It returns how many.
func (s *Store) DeleteAbandoned(ctx context.Context, bus *events.Bus, then time.Time, limit int) (int, error) {
	var gone []File
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `DELETE FROM file WHERE id IN (
			SELECT id FROM file WHERE status = $1 AND created_at < $2 ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED
			) RETURNING `+columns, Uploading, then, limit)
		if err != nil {
			return err
		}
		if gone, err = pgx.CollectRows(rows, scan); err != nil || len(gone) == 0 {
			return err
		}
		announcements := make([]events.Event, len(gone))
		for i, f := range gone {
			announcements[i] = f.deleted()
		}
		return bus.Publish(ctx, tx, announcements...)
	})
	if err != nil {
		return 0, fmt.Errorf("files: delete abandoned: %w", err)
	}
	return len(gone), nil
}

func (f File) deleted() Deleted {
	return Deleted{FileID: f.ID, UploadEnds: f.CreatedAt.Add(UploadTTL)}
}

// Result is what processing found out about a file. Zero fields are unknown.
type Result struct {
	Reason    string // why it failed; "" if it is ready
	Type      string // by content
	SHA256    string
	Width     int
	Height    int
	Thumbnail bool
}

// Finish ends the processing of a file: it is ready, or failed if r has a
// reason. A file that is finished already stays as it is, so that Finish can be
// repeated. It fails with fault.NotFound if the file is gone.
func (s *Store) Finish(ctx context.Context, id uuid.UUID, r Result) (File, error) {
	status := Ready
	if r.Reason != "" {
		status = Failed
	}
	f, err := one(ctx, s.db, `UPDATE file SET status = $2, reason = nullif($3, ''), type = coalesce(nullif($4, ''), type),
		sha256 = nullif($5, ''), width = nullif($6, 0), height = nullif($7, 0), thumbnail = $8, updated_at = now()
		WHERE id = $1 AND status = $9 RETURNING `+columns,
		id, status, r.Reason, r.Type, r.SHA256, r.Width, r.Height, r.Thumbnail, Processing)
	if fault.Is(err, fault.NotFound) {
		f, err = one(ctx, s.db, `SELECT `+columns+` FROM file WHERE id = $1`, id)
	}
	if err != nil {
		return File{}, fmt.Errorf("files: finish %s: %w", id, err)
	}
	return f, nil
}
