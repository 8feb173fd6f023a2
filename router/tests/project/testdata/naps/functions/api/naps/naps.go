// Package naps publishes an event.
package naps

import (
	"context"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/fn"
	"switchyard/shared/naps"
)

var Spec = fn.Endpoint{
	Route:   "POST /api/naps",
	Summary: "Sleep between two steps",
	Access:  fn.Public,
}

type Function struct {
	DB     *db.DB
	Events *events.Bus
}

type Input struct{ Body naps.Wanted }

type Output struct{}

func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	return &Output{}, f.DB.InTx(ctx, func(tx pgx.Tx) error { return f.Events.Publish(ctx, tx, in.Body) })
}
