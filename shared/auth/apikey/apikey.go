// Package apikey keeps the keys that machines present in place of a session.
//
// A key is shown once, when it is made; only its hash is stored. Whoever has a key may call, in
// the name of its owner, every function that is open to machines (fn.Service).
package apikey

import (
	"context"
	"time"

	"switchyard/internal/names"
	"switchyard/shared/auth/internal/machine"
	"switchyard/shared/config"
	"switchyard/shared/db"
)

// Key is what is known of a key; never the key itself.
type Key = machine.Key

// Limits of keys.
const (
	MaxName = 100                   // characters
	MaxKeys = 50                    // of one owner, those that have expired among them
	MaxLife = 3650 * 24 * time.Hour // of a key that does not work for ever
)

// Store is the table of keys.
type Store struct {
	db    *db.DB
	names names.Names
	works *db.Lookup[working]
}

// Open returns the store in d. It makes no call to the database.
func Open(_ context.Context, c config.AuthNames, d *db.DB) (*Store, error) {
	return &Store{db: d, names: c.Names, works: db.NewLookup(d, c.Names.SQL(find), scanWorking)}, nil
}

const columns = `key.id, key.name, key.hint, key.created_at, key.expires_at, key.last_used_at`

// dest returns where the columns of a key are scanned to.
func dest(k *Key) []any {
	return []any{&k.ID, &k.Name, &k.Hint, &k.CreatedAt, &k.ExpiresAt, &k.LastUsedAt}
}

// utc moves the times of k, which it just read, to UTC.
func utc(k *Key) {
	k.CreatedAt = k.CreatedAt.UTC()
	for _, t := range []*time.Time{k.ExpiresAt, k.LastUsedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
}
