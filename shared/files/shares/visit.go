package shares

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/bcrypt"

	"switchyard/shared/fault"
	"switchyard/shared/files"
)

// Visit is what a link leads to.
type Visit struct {
	Share

	Owner    string // of the file: a user's id
	password string
}

// gone is the one answer for links that are wrong, expired, revoked, or whose file is gone: who
// guesses learns nothing.
func gone() error {
	return fault.New(fault.NotFound, "There is nothing at this link. It may have expired or been revoked: ask whoever sent it for another one.")
}

// Visit returns what the link with this token leads to, or fault.NotFound.
func (s *Store) Visit(ctx context.Context, token string) (v Visit, err error) {
	sum, ok := digest(token)
	if !ok {
		return Visit{}, gone()
	}
	err = s.db.QueryRow(ctx, `SELECT s.id, s.file, s.expires_at, coalesce(s.password, ''), f.owner
		FROM file_share s JOIN file f ON f.id = s.file
		WHERE s.token = $1 AND (s.expires_at IS NULL OR s.expires_at > now()) AND f.owner IS NOT NULL AND f.status = $2`,
		sum, files.Ready).Scan(&v.ID, &v.FileID, &v.ExpiresAt, &v.password, &v.Owner)
	if errors.Is(err, pgx.ErrNoRows) {
		return Visit{}, gone()
	}
	if err != nil {
		return Visit{}, fmt.Errorf("shares: visit: %w", err)
	}
	v.Protected = v.password != ""
	return v, nil
}

// How often the password of one link may be tried, wherever from and at whichever replica: many
// times at once, since many people may have the link, and then once in an interval. That is 4,320
// times a day, against passwords of MinPassword characters and more.
const (
	guessesAtOnce = 100
	guessInterval = 20 * time.Second
)

// Opens returns nil if password is that of the link, or it asks for none; else fault.Unauthorized,
// or fault.TooMany if it was tried too often. Passwords are compared a few at a time: it fails with
// fault.Unavailable if there is no place before ctx ends.
func (s *Store) Opens(ctx context.Context, v Visit, password string) error {
	if !v.Protected {
		return nil
	}
	wrong := fault.New(fault.Unauthorized, "This is not the password of this link.")
	if len(password) > MaxPassword {
		return wrong
	}
	if err := s.guess(ctx, v); err != nil {
		return err
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := bcrypt.CompareHashAndPassword([]byte(v.password), []byte(password)); err != nil {
		return wrong.Because(err)
	}
	return nil
}

// guess takes one of the tries of a link, or fails with fault.TooMany. Who has a ticket needs none.
func (s *Store) guess(ctx context.Context, v Visit) error {
	const window = guessesAtOnce * guessInterval
	used, ok, err := s.guesses.Take(ctx, "shares/password", v.ID.String(), guessInterval, window)
	if err != nil {
		return fmt.Errorf("shares: count a password: %w", err)
	}
	if !ok {
		wait := used + guessInterval - window
		return fault.RetryAfter(wait, fault.New(fault.TooMany, "The password of this link has been tried too often. Try again in a minute."))
	}
	return nil
}

// enter waits for a place among those who hash.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s.hashes <- struct{}{}:
		return func() { <-s.hashes }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "Too many passwords are being checked at the moment. Try again in a minute.").Because(ctx.Err())
	}
}

// hash returns what is kept of a password; nil if there is none.
func (s *Store) hash(ctx context.Context, password string) (*string, error) {
	if password == "" {
		return nil, nil
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	hashed, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	text := string(hashed)
	return &text, err
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

// ticketLife is how long whoever has said the password need not say it again.
const ticketLife = time.Hour

// Ticket returns what stands for the password of the link in forms, for an hour. It is signed with
// what is kept of the password, which nobody else knows, and which is gone with the link.
func (v Visit) Ticket() string {
	if !v.Protected {
		return ""
	}
	until := strconv.FormatInt(time.Now().Add(ticketLife).Unix(), 10)
	return until + "." + v.sign(until)
}

// Admits reports whether the link asks for no password, or ticket is one of its own and not too old.
func (v Visit) Admits(ticket string) bool {
	if !v.Protected {
		return true
	}
	until, signature, _ := strings.Cut(ticket, ".")
	seconds, err := strconv.ParseInt(until, 10, 64)
	return err == nil && time.Now().Unix() < seconds && hmac.Equal([]byte(signature), []byte(v.sign(until)))
}

func (v Visit) sign(until string) string {
	mac := hmac.New(sha256.New, []byte(v.password))
	mac.Write([]byte("ticket " + v.ID.String() + " " + until))
	return hex.EncodeToString(mac.Sum(nil))
}
