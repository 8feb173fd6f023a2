package files

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// Usage is how much a user's files take, and how much they may take. Files that are uploading
// count, and so do deleted files whose bytes may still be sent.
type Usage struct {
	Bytes    int64 `json:"bytes" doc:"Of all files together; an upload counts from when it is registered. A file of at most 16 MiB that is deleted while its upload URL works counts until 75 minutes after it was registered."`
	Files    int   `json:"files" doc:"How many count"`
	Deleted  int   `json:"deleted,omitempty" doc:"How many of these are deleted, and count as long as their bytes could be sent all the same"`
	MaxBytes int64 `json:"maxBytes,omitempty" doc:"How many bytes they may have together; not there if any number"`
	MaxFiles int   `json:"maxFiles,omitempty" doc:"How many there may be; not there if any number"`
}

// counted are the columns of file_usage as the files of the user $1 have them, and what is
// held for those that are gone.
const counted = `coalesce(sum(size), 0)::bigint, count(*) FROM (
	SELECT owner, size FROM file UNION ALL SELECT owner, size FROM file_held
) AS counted WHERE owner = $1`

// deleted is how many files of the user $1 are deleted and held.
const deleted = `(SELECT count(*) FROM file_held WHERE owner = $1)`

// Usage returns what the files of owner take.
func (s *Store) Usage(ctx context.Context, owner string) (Usage, error) {
	u, err := s.usage(ctx, s.db, `SELECT bytes, files, `+deleted+` FROM file_usage WHERE owner = $1`, owner)
	if errors.Is(err, pgx.ErrNoRows) {
		u, err = s.usage(ctx, s.db, `SELECT bytes, files, `+deleted+` FROM (SELECT `+counted+`) AS u (bytes, files)`, owner)
	}
	if err != nil {
		return u, fmt.Errorf("files: usage: %w", err)
	}
	return u, nil
}

func (s *Store) usage(ctx context.Context, q db.Querier, sql string, args ...any) (Usage, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return Usage{}, err
	}
	return pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Usage, error) {
		u := Usage{MaxBytes: int64(s.quota.Bytes), MaxFiles: s.quota.Files}
		err := row.Scan(&u.Bytes, &u.Files, &u.Deleted)
		return u, err
	})
}

// late ends what is said to who has no room, and waits for some already.
func (u Usage) late() string {
	if u.Deleted == 0 {
		return ""
	}
	return fmt.Sprintf(" Of those you have deleted a short while ago, %d still count: for an hour or so.", u.Deleted)
}

// take counts f, whose row was added in tx, to what its owner uses, or fails with
// fault.Conflict if that is too much. The owner's row stays locked until tx ends, so that of
// registrations at the same time each knows of those before it.
//
// The file's row comes first: it locks the user, as the deletion of an account does before it
// comes to the row of usage.
func (s *Store) take(ctx context.Context, tx pgx.Tx, f File) error {
	u, err := s.usage(ctx, tx, `UPDATE file_usage SET bytes = bytes + $2, files = files + 1 WHERE owner = $1 RETURNING bytes, files, `+deleted, f.Owner, f.Size)
	if errors.Is(err, pgx.ErrNoRows) {
		// The first file, or the first since releases that did not count: f is there already.
		u, err = s.usage(ctx, tx, `INSERT INTO file_usage AS u (owner, bytes, files) SELECT $1, `+counted+`
			ON CONFLICT (owner) DO UPDATE SET bytes = u.bytes + $2, files = u.files + 1 RETURNING bytes, files, `+deleted, f.Owner, f.Size)
	}
	if err != nil {
		return err
	}
	switch {
	case u.MaxFiles > 0 && u.Files > u.MaxFiles:
		return fault.New(fault.Conflict, "You have %d files, and there is room for no more. Delete some that you do not need, and send this one again.%s", u.MaxFiles, u.late())
	case u.MaxBytes > 0 && u.Bytes > u.MaxBytes:
		return fault.New(fault.Conflict, "There is no room for a file of %d bytes: your files may have %d bytes together, and %d of them are free. Delete some files that you do not need, and send this one again.%s",
			f.Size, u.MaxBytes, max(0, u.MaxBytes-(u.Bytes-f.Size)), u.late())
	}
	return nil
}

// giveBack takes files, whose rows were deleted in tx, in file or in file_held, off what their
// owners use. Owners come in order, so that no two transactions wait for each other.
func giveBack(ctx context.Context, tx pgx.Tx, gone ...File) error {
	free := map[string]Usage{}
	for _, f := range gone {
		if u := free[f.Owner]; f.Owner != "" {
			free[f.Owner] = Usage{Bytes: u.Bytes + f.Size, Files: u.Files + 1}
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(free)) {
		_, err := tx.Exec(ctx, `UPDATE file_usage SET bytes = greatest(bytes - $2, 0), files = greatest(files - $3, 0) WHERE owner = $1`,
			owner, free[owner].Bytes, free[owner].Files)
		if err != nil {
			return err
		}
	}
	return nil
}

// Recount counts the files of users anew who were counted last before then: the oldest first, at
// most limit. It returns how many users. It repairs counts that are wrong, because an old release
// did not count or somebody has changed the tables by hand.
func (s *Store) Recount(ctx context.Context, then time.Time, limit int) (n int, err error) {
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		// Whoever adds or deletes a file has the row locked from then until it is seen. So the
		// files are counted by a statement of its own, which begins when the rows are locked.
		rows, err := tx.Query(ctx, `SELECT owner FROM file_usage WHERE counted_at < $1 ORDER BY counted_at LIMIT $2 FOR UPDATE SKIP LOCKED`, then, limit)
		if err != nil {
			return err
		}
		owners, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		n = len(owners)
		for _, owner := range owners {
			if _, err := tx.Exec(ctx, `UPDATE file_usage SET counted_at = now(), (bytes, files) = (SELECT `+counted+`) WHERE owner = $1`, owner); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("files: count anew: %w", err)
	}
	return n, nil
}
