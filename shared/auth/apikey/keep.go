package apikey

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/visible"
	"switchyard/shared/fault"
)

const (
	// lock makes the creations of one owner's keys wait for each other. It does
	// not hold up sessions that begin, which only refer to the user.
	lock = `SELECT FROM "user" WHERE id = $1 FOR NO KEY UPDATE`
	// insert adds nothing if the owner has $7 keys.
	insert = `INSERT INTO api_key AS key (id, owner, name, hint, hash, created_at, expires_at)
		SELECT $1, $2, $3, $4, $5, now(), now() + $6::interval
		WHERE (SELECT count(*) FROM api_key WHERE owner = $2) < $7
		RETURNING ` + columns
)

// Create makes a key for owner, a user's id. life is how long it works, MaxLife at
// most; 0 means for ever. secret is the key itself, which cannot be had again.
//
// It fails with fault.Invalid if the name or the life cannot be, with
// fault.Conflict if the owner has MaxKeys, and with fault.Unauthorized if there is
// no such user any more.
func (s *Store) Create(ctx context.Context, owner, name string, life time.Duration) (k Key, secret string, err error) {
	if name, err = clean(name, life); err != nil {
		return Key{}, "", err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Key{}, "", fmt.Errorf("apikey: make an id: %w", err)
	}
	var works *time.Duration
	if life != 0 {
		works = &life
	}
	secret = newSecret()
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.names.SQL(lock), owner)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.Unauthorized, "There is no such account any more. Sign in to use this.")
		}
		err = tx.QueryRow(ctx, insert, id, owner, name, secret[:hintLength], hash(secret), works, MaxKeys).Scan(dest(&k)...)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.Conflict, "You have %d keys, which is as many as you can. Revoke one that you do not need.", MaxKeys)
		}
		return err
	})
	if err != nil {
		return Key{}, "", fmt.Errorf("apikey: create: %w", err)
	}
	utc(&k)
	return k, secret, nil
}

// clean returns the name without spaces around it, or fault.Invalid.
func clean(name string, life time.Duration) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case !visible.Any(name) || utf8.RuneCountInString(name) > MaxName:
		return "", fault.New(fault.Invalid, "A key's name has 1 to %d characters, and not only spaces and others that nobody sees.", MaxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "", fault.New(fault.Invalid, "A key's name cannot hold control characters, such as tabs and line breaks.")
	case life < 0 || life > MaxLife:
		return "", fault.New(fault.Invalid, "A key works for %d days at most, or for ever.", int(MaxLife/(24*time.Hour)))
	}
	return name, nil
}

// List returns the keys of owner, newest first, and never nil.
func (s *Store) List(ctx context.Context, owner string) ([]Key, error) {
	rows, err := s.db.Query(ctx, `SELECT `+columns+` FROM api_key AS key WHERE owner = $1 ORDER BY id DESC`, owner)
	if err != nil {
		return nil, fmt.Errorf("apikey: list: %w", err)
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k Key, err error) {
		err = row.Scan(dest(&k)...)
		utc(&k)
		return k, err
	})
	if err != nil {
		return nil, fmt.Errorf("apikey: list: %w", err)
	}
	return keys, nil
}

// Revoke deletes a key of owner: it does not work any more. It fails with
// fault.NotFound if there is none.
func (s *Store) Revoke(ctx context.Context, owner string, id uuid.UUID) error {
	tag, err := s.db.Exec(ctx, `DELETE FROM api_key WHERE id = $1 AND owner = $2`, id, owner)
	if err != nil {
		return fmt.Errorf("apikey: revoke %s: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.NotFound, "There is no key with this id.")
	}
	return nil
}
