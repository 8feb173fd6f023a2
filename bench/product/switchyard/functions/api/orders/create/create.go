// Package create adds an item and publishes, in the same transaction, that it is there.
package create

import (
	"context"
	"net/http"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/fn"

	"example.com/acme/desk/shared/items"
)

// Spec lets the calls have all the connections that functions may have at once, 8 of the pool's
// 10, as one does for what is asked for most: the contestants' handlers have all 10.
var Spec = fn.Endpoint{
	Route:    "POST /api/orders",
	Summary:  "Add an item, and tell others",
	Status:   http.StatusCreated,
	Timeout:  10 * time.Second,
	MaxConns: 8,
}

type Function struct {
	Items *items.Store
}

type Input struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"255"`
		Size int64  `json:"size" minimum:"0" maximum:"5368709120"`
	}
}

type Output struct {
	Body items.Item
}

// Handle adds the item: it belongs to who calls.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	item, err := f.Items.Announce(ctx, auth.UserFrom(ctx).ID, items.New{Name: in.Body.Name, Size: in.Body.Size, Status: "ordered"})
	if err != nil {
		return nil, err
	}
	return &Output{Body: item}, nil
}
