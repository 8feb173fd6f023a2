// Package mine answers with the caller's items, newest first.
package mine

import (
	"context"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/fn"

	"example.com/acme/desk/shared/items"
)

// Spec lets the calls have all the connections that functions may have at once, 8 of the pool's
// 10, as one does for what is asked for most: the contestants' handlers have all 10.
var Spec = fn.Endpoint{
	Route:    "GET /api/mine",
	Summary:  "List your items, newest first",
	Timeout:  10 * time.Second,
	MaxConns: 8,
}

type Function struct {
	Items *items.Store
}

type Input struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

type Output struct {
	Body struct {
		Items []items.Item `json:"items" nullable:"false"`
	}
}

// Handle lists them.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	list, err := f.Items.Of(ctx, auth.UserFrom(ctx).ID, in.Limit)
	if err != nil {
		return nil, err
	}
	var out Output
	out.Body.Items = list
	return &out, nil
}
