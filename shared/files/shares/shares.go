// Package shares keeps links to files: whoever has a link gets the file, signed in or not, until
// the link expires or is revoked. While the owner of the file is banned, the links do not work.
//
// A link ends with a token of 256 random bits. Only the SHA-256 of the token is kept, so that
// nobody can find the links in the database. A link is shown once, when it is made.
package shares

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/callrate"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/live"
)

// Limits of shares.
const (
	MaxOfFile   = 20                   // links of one file
	MaxPassword = 72                   // bytes; what bcrypt takes
	MinPassword = 8                    // characters
	MaxLife     = 366 * 24 * time.Hour // of a link that expires
)

// MessageChanged is the name of the message, with a [Change], that the shares of a file have
// changed. Pages that show the user's files get it; see [live.User].
const MessageChanged = "shares"

// Change says of which file the shares have changed.
type Change struct {
	FileID uuid.UUID `json:"fileId"`
}

// Share is a link to a file, without the token.
type Share struct {
	ID        uuid.UUID  `json:"id" format:"uuid"`
	FileID    uuid.UUID  `json:"fileId" format:"uuid"`
	Protected bool       `json:"protected" doc:"Whether it asks for a password"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty" doc:"Without it, it lasts until it is revoked"`
	CreatedAt time.Time  `json:"createdAt"`
	Views     int64      `json:"views" doc:"How often its page was shown"`
	Downloads int64      `json:"downloads" doc:"How often the file was downloaded by it"`
}

// Expired reports whether the time of the link is over, so that it does not work any more.
func (s Share) Expired() bool { return s.ExpiresAt != nil && !s.ExpiresAt.After(time.Now()) }

// New is what a sender asks for.
type New struct {
	Password  string     // "" asks for none
	ExpiresAt *time.Time // nil never
}

// clean fails with fault.Invalid if n is not within the limits.
func (n New) clean() error {
	switch now := time.Now(); {
	case n.Password != "" && len([]rune(n.Password)) < MinPassword:
		return fault.New(fault.Invalid, "The password of a link has at least %d characters.", MinPassword)
	case len(n.Password) > MaxPassword:
		return fault.New(fault.Invalid, "The password of a link has at most %d bytes.", MaxPassword)
	case n.ExpiresAt != nil && !n.ExpiresAt.After(now):
		return fault.New(fault.Invalid, "A link expires in the future.")
	case n.ExpiresAt != nil && n.ExpiresAt.After(now.Add(MaxLife)):
		return fault.New(fault.Invalid, "A link expires within a year. Leave the time out for one that does not expire.")
	}
	return nil
}

// Store is the table of shares. It is safe for concurrent use.
type Store struct {
	db     *db.DB
	visits *db.Lookup[Visit]
	rates  *callrate.Rates // at which passwords are tried
	site   config.Site
	hashes chan struct{} // a place for each password that is hashed
}

// hashesAtOnce bounds the processors that hashing takes: a hash takes 50 ms and more.
const hashesAtOnce = 2

// Open returns the store in d; files and the hub have tables that it needs. It makes no call to
// the database.
func Open(_ context.Context, d *db.DB, n config.AuthNames, _ *files.Store, _ *live.Hub, rates *callrate.Rates, site config.Site) (*Store, error) {
	return &Store{
		db: d, visits: db.NewLookup(d, n.Names.SQL(find), scanVisit),
		rates: rates, site: site, hashes: make(chan struct{}, hashesAtOnce),
	}, nil
}

// A link leads to Path and a token. The bytes of its file are at Path, the token and Bytes.
const (
	Path  = "/s/"
	Bytes = "/bytes"
)

// Link returns the link with this token: its URL, or only its path if the address of the service
// is not known.
func (s *Store) Link(token string) string {
	return strings.TrimSuffix(s.site.Origin.String(), "/") + Path + token
}

const columns = `s.id, s.file, s.password IS NOT NULL, s.expires_at, s.created_at, s.views, s.downloads`

func scan(row pgx.CollectableRow) (s Share, err error) {
	err = row.Scan(&s.ID, &s.FileID, &s.Protected, &s.ExpiresAt, &s.CreatedAt, &s.Views, &s.Downloads)
	s.CreatedAt = s.CreatedAt.UTC()
	if s.ExpiresAt != nil {
		utc := s.ExpiresAt.UTC()
		s.ExpiresAt = &utc
	}
	return s, err
}

// tokenBytes is the length of a token before it is encoded.
const tokenBytes = 32

// digest returns what is kept of a token; false if it has not the form of one.
func digest(token string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenBytes {
		return nil, false
	}
	sum := sha256.Sum256(raw)
	return sum[:], true
}

// Create makes a link to a file of owner, and returns it with its token. It fails with
// fault.NotFound, with fault.Invalid if n is not within the limits, and with fault.Conflict if the
// file is not ready or has too many links.
func (s *Store) Create(ctx context.Context, owner string, file uuid.UUID, n New) (share Share, token string, err error) {
	if err := n.clean(); err != nil {
		return Share{}, "", err
	}
	password, err := s.hash(ctx, n.Password)
	if err != nil {
		return Share{}, "", err
	}
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // never fails
	token = base64.RawURLEncoding.EncodeToString(raw)
	sum, _ := digest(token)
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		if err := shareable(ctx, tx, owner, file); err != nil {
			return err
		}
		share, err = one(ctx, tx, `INSERT INTO file_share AS s (id, file, token, password, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING `+columns,
			uuid.New(), file, sum, password, n.ExpiresAt)
		if err != nil {
			return err
		}
		return tell(ctx, tx, owner, file)
	})
	if err != nil {
		return Share{}, "", fmt.Errorf("shares: create for %s: %w", file, err)
	}
	return share, token, nil
}

// shareable locks the file, so that the number of its links stays, and says why it can have no more.
func shareable(ctx context.Context, tx pgx.Tx, owner string, file uuid.UUID) error {
	var status files.Status
	var links int
	err := tx.QueryRow(ctx, `SELECT status FROM file WHERE id = $1 AND owner = $2 FOR UPDATE`, file, owner).Scan((*string)(&status))
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, "There is no file with this id.")
	}
	if err == nil {
		err = tx.QueryRow(ctx, `SELECT count(*) FROM file_share WHERE file = $1`, file).Scan(&links)
	}
	switch {
	case err != nil:
		return err
	case status != files.Ready:
		return fault.New(fault.Conflict, "This file is %s. It can be shared once it is ready.", status)
	case links >= MaxOfFile:
		return fault.New(fault.Conflict, "This file has %d links already. Revoke one first.", links)
	}
	return nil
}

// one returns the only row of a query.
func one(ctx context.Context, q db.Querier, sql string, args ...any) (Share, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return Share{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scan)
}

// tell publishes that the shares of a file have changed, with the change.
func tell(ctx context.Context, q db.Querier, owner string, file uuid.UUID) error {
	return live.Publish(ctx, q, live.User(owner), MessageChanged, Change{FileID: file})
}

// List returns the links of a file of owner, oldest first; none if there is no such file.
func (s *Store) List(ctx context.Context, owner string, file uuid.UUID) ([]Share, error) {
	rows, err := s.db.Query(ctx, `SELECT `+columns+` FROM file_share s JOIN file f ON f.id = s.file
		WHERE s.file = $1 AND f.owner = $2 ORDER BY s.created_at, s.id LIMIT $3`, file, owner, MaxOfFile)
	if err != nil {
		return nil, fmt.Errorf("shares: list of %s: %w", file, err)
	}
	shares, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("shares: list of %s: %w", file, err)
	}
	return shares, nil
}

// Revoke ends a link to a file of owner. It fails with fault.NotFound if there is none.
func (s *Store) Revoke(ctx context.Context, owner string, file, id uuid.UUID) error {
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM file_share s USING file f WHERE s.id = $1 AND s.file = $2 AND f.id = s.file AND f.owner = $3`, id, file, owner)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "There is no link with this id.")
		}
		return tell(ctx, tx, owner, file)
	})
	if err != nil {
		return fmt.Errorf("shares: revoke %s: %w", id, err)
	}
	return nil
}
