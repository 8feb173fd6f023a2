package shares

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth/standing"
	"switchyard/shared/fault"
	"switchyard/shared/files"
)

// Visit is what a link leads to.
type Visit struct {
	Share

	Owner    string // of the file: a user's id
	password string
}

// gone is the one answer for links that are wrong, expired, revoked, or whose file is gone or its
// owner banned: who guesses learns nothing.
func gone() error {
	return fault.New(fault.NotFound, "There is nothing at this link. It may have expired or been revoked: ask whoever sent it for another one.")
}

// find reads what a link leads to.
const find = `SELECT share.id, share.file, share.expires_at, coalesce(share.password, ''), owner.id
	FROM file_share AS share JOIN file ON file.id = share.file
	JOIN ` + standing.Users + ` AS owner ON owner.id = file.owner AND owner.standing <> '` + standing.Banned + `'
	WHERE share.token = $1 AND (share.expires_at IS NULL OR share.expires_at > now()) AND file.status = $2`

// Visit returns what the link with this token leads to, or fault.NotFound.
func (s *Store) Visit(ctx context.Context, token string) (v Visit, err error) {
	sum, ok := digest(token)
	if !ok {
		return Visit{}, gone()
	}
	v, err = s.visits.Get(ctx, sum, files.Ready)
	if errors.Is(err, pgx.ErrNoRows) {
		return Visit{}, gone()
	}
	if err != nil {
		return Visit{}, fmt.Errorf("shares: visit: %w", err)
	}
	return v, nil
}

func scanVisit(row pgx.CollectableRow) (v Visit, err error) {
	err = row.Scan(&v.ID, &v.FileID, &v.ExpiresAt, &v.password, &v.Owner)
	v.Protected = v.password != ""
	return v, err
}

// Counted says what is counted.
type Counted string

// What is counted of a link.
const (
	Views     Counted = "views"
	Downloads Counted = "downloads"
)

// Count counts a use of the link, and tells the owner of the file.
func (s *Store) Count(ctx context.Context, v Visit, what Counted) error {
	sql := map[Counted]string{
		Views:     `UPDATE file_share SET views = views + 1 WHERE id = $1`,
		Downloads: `UPDATE file_share SET downloads = downloads + 1 WHERE id = $1`,
	}[what]
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, v.ID)
		if err == nil && tag.RowsAffected() == 0 {
			return gone() // revoked meanwhile
		}
		if err != nil {
			return err
		}
		return tell(ctx, tx, v.Owner, v.FileID)
	})
	if err != nil {
		return fmt.Errorf("shares: count %s: %w", what, err)
	}
	return nil
}
