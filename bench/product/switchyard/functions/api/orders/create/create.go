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

var Spec = fn.Endpoint{
	Route:   "POST /api/orders",
	Summary: "Add an item, and tell others",
	Status:  http.StatusCreated,
	Timeout: 10 * time.Second,
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
