// Package machine says with which key a machine calls. It stands apart from package apikey, which
// keeps the keys, so that a host that believes a router about the caller needs no database.
package machine

import (
	"context"
	"time"

	"github.com/google/uuid"
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

type keyKey struct{}

// With returns a context in which a machine calls with k.
func With(ctx context.Context, k Key) context.Context { return context.WithValue(ctx, keyKey{}, k) }

// From returns the key with which a machine calls the function of ctx.
func From(ctx context.Context) (Key, bool) {
	k, ok := ctx.Value(keyKey{}).(Key)
	return k, ok
}
