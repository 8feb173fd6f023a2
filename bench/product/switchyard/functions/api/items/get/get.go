// Package get answers with one item.
package get

import (
	"context"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/fn"

	"example.com/acme/desk/shared/items"
)

// Spec lets the calls have all the connections that functions may have at once, 8 of the pool's
// 10, as one does for what is asked for most: the contestants' handlers have all 10.
var Spec = fn.Endpoint{
	Route:    "GET /api/items/{id}",
	Summary:  "Get an item",
	Access:   fn.Public,
	Timeout:  10 * time.Second,
	MaxConns: 8,
}

type Function struct {
	Items *items.Store
}

type Input struct {
	ID uuid.UUID `path:"id"`
}

type Output struct {
	Body items.Item
}

// Handle reads the item.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	item, err := f.Items.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &Output{Body: item}, nil
}
