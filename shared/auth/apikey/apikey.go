// Package apikey keeps the keys that machines present in place of a session.
//
// A key is shown once, when it is made; what is stored is its hash. Whoever has it
// acts for its owner wherever a function is open to machines (fn.Service).
package apikey

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth"
	"switchyard/shared/db"
)

// Prefix is how every key begins, so that people and scanners know one.
const Prefix = "sw_"

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
	MaxName = 100 // characters
	MaxKeys = 50  // of one owner
)

// Store is the table of keys.
type Store struct{ db *db.DB }

// Open returns the store in d. It makes no call to the database.
func Open(_ context.Context, d *db.DB) (*Store, error) { return &Store{db: d}, nil }

// Create makes a key for owner, a user's id. life is how long it works; 0 means
// for ever. secret is the key itself, which cannot be had again. It fails with
// fault.Invalid if the name cannot be and with fault.Conflict if the owner has too
// many.
func (s *Store) Create(ctx context.Context, owner, name string, life time.Duration) (k Key, secret string, err error) {
	panic("not built yet")
}

// List returns the keys of owner, newest first.
func (s *Store) List(ctx context.Context, owner string) ([]Key, error) { panic("not built yet") }

// Revoke deletes a key of owner. It fails with fault.NotFound if there is none.
func (s *Store) Revoke(ctx context.Context, owner string, id uuid.UUID) error { panic("not built yet") }

// Admit returns ctx with the owner of the key that r presents ("Authorization:
// Bearer sw_…") as its caller, or fault.Unauthorized. It is for hosts.
func (s *Store) Admit(r *http.Request) (context.Context, error) { panic("not built yet") }

// From returns the key that the machine presented which calls the function of ctx.
func From(ctx context.Context) (Key, bool) { panic("not built yet") }

var _ = auth.User{}
