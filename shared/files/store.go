package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/names"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/live"
)

// Store is the table of files. Who asks names the owner of the files, a user's id:
// a file of somebody else does not exist for him. What changes a file and has to
// be known elsewhere takes the bus too, and publishes in the same transaction.
type Store struct {
	db    *db.DB
	names names.Names
	quota config.Files
}

// Open returns the store in d, in which each user has as much as c allows. Its changes are told
// live to those who show them: the hub has the table for it. It makes no call to the database.
func Open(_ context.Context, c config.Files, n config.AuthNames, d *db.DB, _ *live.Hub) (*Store, error) {
	return &Store{db: d, names: n.Names, quota: c}, nil
}

const columns = `id, name, size, type, status, coalesce(reason, ''), coalesce(sha256, ''),
	coalesce(width, 0), coalesce(height, 0), thumbnail, created_at, updated_at, coalesce(key, '` + unpinned + `' || id), kind, coalesce(owner, ''), coalesce(upload, '')`

const byID = `SELECT ` + columns + ` FROM file WHERE id = $1 AND owner = $2`

func scan(row pgx.CollectableRow) (File, error) {
	c := db.ColumnsOf(row)
	f := fileOf(&c)
	return f, c.Err()
}

// fileOf reads the columns.
func fileOf(c *db.Columns) File {
	return File{
		ID: c.UUID(), Name: c.Text(), Size: c.Int(), Type: c.Text(), Status: Status(c.Text()), Reason: c.Text(), SHA256: c.Text(),
		Width: int(c.Int()), Height: int(c.Int()), Thumbnail: c.Bool(), CreatedAt: c.Time(), UpdatedAt: c.Time(), Key: c.Text(),
		Kind: Kind(c.Text()), Owner: c.Text(), Upload: c.Text(),
	}
}

// one returns the only row of a query, or fault.NotFound if there is none.
func one(ctx context.Context, q db.Querier, sql string, args ...any) (File, error) {
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

// Get returns a file of owner, or fault.NotFound.
func (s *Store) Get(ctx context.Context, owner string, id uuid.UUID) (File, error) {
	f, err := one(ctx, s.db, byID, id, owner)
	if err != nil {
		return File{}, fmt.Errorf("files: get %s: %w", id, err)
	}
	return f, nil
}

// Exists reports whether there is a file with this id, whoever owns it. It is for
// those who clean up in the bucket, not for those who answer somebody.
func (s *Store) Exists(ctx context.Context, id uuid.UUID) (bool, error) {
	var exists bool
	if err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM file WHERE id = $1)`, id).Scan(&exists); err != nil {
		return false, fmt.Errorf("files: look for %s: %w", id, err)
	}
	return exists, nil
}

// Complete marks the bytes of a file of owner as arrived: it is processing, and
// [Uploaded] is published. It fails with fault.NotFound, or with fault.Conflict if
// the file is not uploading.
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

// Pin notes that the bytes of a processing file of owner lie at key from now on. If they
// were pinned before, or the file is finished, it stays as it is: who calls compares. It
// fails with fault.NotFound if the file is gone.
func (s *Store) Pin(ctx context.Context, owner string, id uuid.UUID, key string) (File, error) {
	f, err := one(ctx, s.db, `UPDATE file SET key = $3, updated_at = now() WHERE id = $1 AND owner = $2
		AND status = $4 AND coalesce(key, '') NOT LIKE '`+pinned+`%' RETURNING `+columns,
		id, owner, key, Processing)
	if fault.Is(err, fault.NotFound) {
		f, err = one(ctx, s.db, byID, id, owner)
	}
	if err != nil {
		return File{}, fmt.Errorf("files: pin %s: %w", id, err)
	}
	return f, nil
}

// Awaited returns those of the files with these ids whose bytes may still be sent, or are
// yet to be pinned, whoever owns them.
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

// Result is what processing found out about a file. Zero fields are unknown.
type Result struct {
	Reason    string // why it failed; "" if it is ready
	Type      string // by content
	SHA256    string
	Width     int
	Height    int
	Thumbnail bool
}

// Finish ends the processing of a file of owner: it is ready, or failed if r has a
// reason, and [FileReady] or [FileFailed] is published. A file that is finished already
// stays as it is, so that Finish can be repeated. It fails with fault.NotFound if the file
// is gone.
func (s *Store) Finish(ctx context.Context, bus *events.Bus, owner string, id uuid.UUID, r Result) (f File, err error) {
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		f, err = s.finish(ctx, tx, owner, id, r)
		if fault.Is(err, fault.NotFound) {
			f, err = one(ctx, tx, byID, id, owner)
			return err
		}
		if err != nil {
			return err
		}
		return finished(ctx, tx, bus, f)
	})
	if err != nil {
		return File{}, fmt.Errorf("files: finish %s: %w", id, err)
	}
	return f, nil
}

// finish changes the row of a processing file, or fails with fault.NotFound.
func (s *Store) finish(ctx context.Context, tx pgx.Tx, owner string, id uuid.UUID, r Result) (File, error) {
	status := Ready
	if r.Reason != "" {
		status = Failed
	}
	return one(ctx, tx, `UPDATE file SET status = $2, reason = nullif($3, ''), type = coalesce(nullif($4, ''), type),
		sha256 = nullif($5, ''), width = nullif($6, 0), height = nullif($7, 0), thumbnail = $8, updated_at = now()
		WHERE id = $1 AND owner = $9 AND status = $10 RETURNING `+columns,
		id, status, r.Reason, r.Type, r.SHA256, r.Width, r.Height, r.Thumbnail, owner, Processing)
}

// finished does, with the change of its row, what belongs to the end of a file's
// processing. A step that is running still was given up.
func finished(ctx context.Context, tx pgx.Tx, bus *events.Bus, f File) error {
	_, err := tx.Exec(ctx, `UPDATE file_step SET state = 'failed', detail = 'It was given up.', ended_at = now() WHERE file = $1 AND state = 'running'`, f.ID)
	if err != nil {
		return err
	}
	end := Step{Name: StepFinish, State: StepDone}
	if f.Status == Failed {
		end = Step{Name: StepFinish, State: StepFailed, Detail: f.Reason}
	}
	if err := note(ctx, tx, f.ID, end); err != nil {
		return err
	}
	if err := f.tellEnd(ctx, tx, bus); err != nil {
		return err
	}
	return f.tellChange(ctx, tx)
}

// tellEnd publishes that f is ready, or failed.
func (f File) tellEnd(ctx context.Context, tx pgx.Tx, bus *events.Bus) error {
	if f.Status == Failed {
		return bus.Publish(ctx, tx, FileFailed{FileID: f.ID, OwnerID: f.Owner, File: f})
	}
	return bus.Publish(ctx, tx, FileReady{FileID: f.ID, OwnerID: f.Owner, File: f})
}
