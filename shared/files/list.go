package files

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/fault"
)

// Page sizes of a list.
const (
	DefaultLimit = 20
	MaxLimit     = 100
)

// Query says which files to list, newest first.
type Query struct {
	Owner  string // a user's id; nobody else's files are listed
	Status Status // only these; defaults to all
	Cursor string // where the page before ended; defaults to the newest file
	Limit  int    // 1 to MaxLimit; defaults to DefaultLimit
}

// List is one page of files.
type List struct {
	Files      []File // never nil
	NextCursor string // "" on the last page
}

// List returns a page of files, newest first. A file keeps its place: going
// through the pages shows every file once that was there from the beginning to
// the end. It fails with fault.Invalid if q cannot be.
func (s *Store) List(ctx context.Context, q Query) (List, error) {
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Limit < 1 || q.Limit > MaxLimit {
		return List{}, fault.New(fault.Invalid, "A page has 1 to %d files.", MaxLimit)
	}
	if q.Status != "" && !slices.Contains(Statuses(), q.Status) {
		return List{}, fault.New(fault.Invalid, "There is no such status. The statuses are %s, %s, %s and %s.",
			Uploading, Processing, Ready, Failed)
	}
	before := uuid.Max
	if q.Cursor != "" {
		var err error
		if before, err = parseCursor(q.Cursor); err != nil {
			return List{}, err
		}
	}
	sql, args := `SELECT `+columns+` FROM file WHERE owner = $1 AND id < $2`, []any{q.Owner, before}
	if q.Status != "" {
		sql, args = sql+` AND status = $3`, append(args, q.Status)
	}
	rows, err := s.db.Query(ctx, sql+fmt.Sprintf(` ORDER BY id DESC LIMIT %d`, q.Limit+1), args...)
	if err != nil {
		return List{}, fmt.Errorf("files: list: %w", err)
	}
	files, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return List{}, fmt.Errorf("files: list: %w", err)
	}
	if len(files) <= q.Limit {
		return List{Files: files}, nil
	}
	files = files[:q.Limit]
	return List{Files: files, NextCursor: cursorOf(files[q.Limit-1].ID)}, nil
}

// A cursor is the id of the last file of a page, wrapped so that nobody is
// tempted to make one up.

func cursorOf(id uuid.UUID) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

func parseCursor(cursor string) (uuid.UUID, error) {
	invalid := fault.New(fault.Invalid, "The cursor is not one that this list gave out. Leave it out to start from the newest file.")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return uuid.Nil, invalid.Because(err)
	}
	id, err := uuid.FromBytes(raw)
	if err != nil || id.Version() != 7 {
		return uuid.Nil, invalid.Because(err)
	}
	return id, nil
}
