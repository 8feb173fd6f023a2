package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/names"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
	"switchyard/shared/live"
)

// Store is the table of files. Most methods take the id of the user who asks as owner: for them the
// files of other users do not exist. A method whose change has to be known elsewhere takes the
// bus as well, and publishes an event in the same transaction.
type Store struct {
	db    *db.DB
	names names.Names
	quota Quota
	byID  *db.Lookup[File]
}

// Open returns the store in d, in which each user may keep as much as q allows. It sends live
// messages of its changes, for which it needs the hub's table. It makes no call to the database.
func Open(_ context.Context, q Quota, n config.AuthNames, d *db.DB, _ *live.Hub) (*Store, error) {
	return &Store{db: d, names: n.Names, quota: q, byID: db.NewLookup(d, byID, scan)}, nil
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
		return f, missing()
	}
	return f, err
}

// update makes a change to the file id of owner by a statement that returns the file, and whose
// conditions may leave it as it is: then it returns the file as it is. The error is
// fault.NotFound if there is none.
func (s *Store) update(ctx context.Context, statement string, id uuid.UUID, owner string, args ...any) (File, error) {
	f, err := one(ctx, s.db, statement, append([]any{id, owner}, args...)...)
	if fault.Is(err, fault.NotFound) {
		f, err = s.get(ctx, owner, id)
	}
	return f, err
}

// get returns a file of owner, or fault.NotFound.
func (s *Store) get(ctx context.Context, owner string, id uuid.UUID) (File, error) {
	f, err := s.byID.Get(ctx, id, owner)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, missing()
	}
	return f, err
}

// missing returns the fault.NotFound of an id that no file of its caller has.
func missing() *fault.Error { return fault.New(fault.NotFound, "There is no file with this id.") }

// ParseID returns the id that text is. It fails with fault.NotFound if text is no id, since then
// there is no such file.
func ParseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, missing().Because(err)
	}
	return id, nil
}

// Get returns a file of owner, or fault.NotFound.
func (s *Store) Get(ctx context.Context, owner string, id uuid.UUID) (File, error) {
	f, err := s.get(ctx, owner, id)
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
