// Package welcome hears of new items.
package welcome

import (
	"context"
	"log/slog"

	"switchyard/shared/fn"

	"example.com/acme/desk/shared/items"
)

var Spec = fn.Job{
	Events:  []string{"item/added"},
	Summary: "Welcome an item",
}

type Function struct{}

type Output struct{}

// Handle notes that the item is there.
func (Function) Handle(ctx context.Context, in *items.Added) (*Output, error) {
	slog.DebugContext(ctx, "added", slog.String("item", in.ItemID.String()))
	return &Output{}, nil
}
