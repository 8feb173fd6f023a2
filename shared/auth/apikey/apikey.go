// Package apikey keeps the keys that machines present in place of a session.
//
// A key is shown once, when it is made; what is stored is its hash. Whoever has it
// acts for its owner wherever a function is open to machines (fn.Service).
package apikey

import (
	"context"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/db"
)

// Key is what is known of a key; never the key itself.
type Key struct {
	ID         uuid.UUID  `json:"id" format:"uuid"`
	Name       string     `json:"name" doc:"What its owner calls it"`
	Hint       string     `json:"hint" doc:"How the key begins, to tell it from others" example:"sw_Ab3d"`
	CreatedAt  time.Time  `json:"createdAt"`
	ExpiresAt  *time.Time `json:"expiresAt,omitempty" doc:"When it stops working; never if not given"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty" doc:"To the minute"`
}

// Limits of keys.
const (
	MaxName = 100                   // characters
	MaxKeys = 50                    // of one owner, those that have expired among them
	MaxLife = 3650 * 24 * time.Hour // of a key that does not work for ever
)

// Store is the table of keys.
type Store struct{ db *db.DB }

// Open returns the store in d. It makes no call to the database.
func Open(_ context.Context, d *db.DB) (*Store, error) { return &Store{db: d}, nil }

const columns = `key.id, key.name, key.hint, key.created_at, key.expires_at, key.last_used_at`

// dest returns where the columns of a key are scanned to.
func (k *Key) dest() []any {
	return []any{&k.ID, &k.Name, &k.Hint, &k.CreatedAt, &k.ExpiresAt, &k.LastUsedAt}
}

// utc moves the times of k, which it just read, to UTC.
func (k *Key) utc() {
	k.CreatedAt = k.CreatedAt.UTC()
	for _, t := range []*time.Time{k.ExpiresAt, k.LastUsedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
}
