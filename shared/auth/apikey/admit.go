package apikey

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth"
	"switchyard/shared/auth/internal/machine"
	"switchyard/shared/auth/standing"
	"switchyard/shared/fault"
)

const (
	// find reads a key that works and its owner, and says whether it is time to
	// note that it is used. The key of a banned owner does not work. That is rare, so that to admit is to read a row.
	find = `SELECT ` + columns + `, coalesce(key.last_used_at < now() - ` + noteEvery + `, true),
			owner.id, owner.name, owner.email, owner."emailVerified", owner.image, owner."createdAt", owner."updatedAt"
		FROM api_key AS key JOIN ` + standing.Users + ` AS owner ON owner.id = key.owner AND owner.standing <> '` + standing.Banned + `'
		WHERE key.hash = $1 AND (key.expires_at IS NULL OR key.expires_at > now())`
	// note does nothing if somebody else has noted it by now.
	note = `UPDATE api_key SET last_used_at = now()
		WHERE id = $1 AND coalesce(last_used_at < now() - ` + noteEvery + `, true) RETURNING last_used_at`
	noteEvery = `interval '1 minute'`
)

// Admit returns the context of r with the owner of the key that r presents
// ("Authorization: Bearer sw_…") as its caller, or fault.Unauthorized. It is for
// hosts.
func (s *Store) Admit(r *http.Request) (context.Context, error) {
	secret, err := presented(r.Header)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	k, owner, err := s.find(ctx, secret)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.Unauthorized, "This key does not work, or not any more: it is unknown, was revoked or has expired, or its owner is banned. "+howTo)
	}
	if err != nil {
		return nil, fmt.Errorf("apikey: admit: %w", err)
	}
	return machine.With(auth.With(ctx, owner, auth.Session{}), k), nil
}

// howTo says what to do for want of a key.
const howTo = "Send a key of yours as the header Authorization: Bearer " + Prefix + "…"

// presented returns what looks like a key, or fault.Unauthorized. What else was
// sent may be somebody's secret too: the error does not repeat it.
func presented(h http.Header) (string, error) {
	sent := h.Values("Authorization")
	switch len(sent) {
	case 0:
		return "", fault.New(fault.Unauthorized, "This is for machines that have a key. "+howTo)
	case 1:
	default:
		return "", fault.New(fault.Unauthorized, "There is more than one header Authorization. "+howTo)
	}
	scheme, secret, _ := strings.Cut(sent[0], " ")
	secret = strings.TrimLeft(secret, " ") // RFC 9110, section 11.4: one space or more
	if !strings.EqualFold(scheme, "Bearer") || !wellFormed(secret) {
		return "", fault.New(fault.Unauthorized, "The header Authorization has no key, or not all of one. "+howTo)
	}
	return secret, nil
}

// working is a key that works.
type working struct {
	key   Key
	owner auth.User
	due   bool // it is time to note that the key is used
}

func scanWorking(row pgx.CollectableRow) (w working, err error) {
	dest := append(dest(&w.key), &w.due,
		&w.owner.ID, &w.owner.Name, &w.owner.Email, &w.owner.EmailVerified, &w.owner.Image, &w.owner.CreatedAt, &w.owner.UpdatedAt)
	err = row.Scan(dest...)
	return w, err
}

// find returns the key and its owner, or pgx.ErrNoRows, and notes the use.
func (s *Store) find(ctx context.Context, secret string) (Key, auth.User, error) {
	w, err := s.works.Get(ctx, hash(secret))
	if err != nil {
		return Key{}, auth.User{}, err
	}
	if w.due {
		err := s.db.QueryRow(ctx, note, w.key.ID).Scan(&w.key.LastUsedAt)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return Key{}, auth.User{}, err
		}
	}
	utc(&w.key)
	w.owner.CreatedAt = w.owner.CreatedAt.UTC().Truncate(time.Millisecond)
	w.owner.UpdatedAt = w.owner.UpdatedAt.UTC().Truncate(time.Millisecond)
	return w.key, w.owner, nil
}

// From returns the key of the machine that calls the function of ctx; false if a person calls,
// or nobody.
func From(ctx context.Context) (Key, bool) { return machine.From(ctx) }
