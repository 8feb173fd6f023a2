// Package orders writes a row and publishes an event in one transaction.
package orders

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
	"switchyard/shared/orders"
)

var Spec = fn.Endpoint{
	Route:   "POST /api/orders",
	Summary: "Place an order",
	Access:  fn.Public,
	Timeout: 20 * time.Second,
}

type Function struct {
	DB     *db.DB
	Events *events.Bus
}

type Input struct {
	Body struct {
		ID       uuid.UUID `json:"id"`
		Job      string    `json:"job"`
		Key      string    `json:"key,omitempty"`
		Rollback bool      `json:"rollback,omitempty"`
	}
}

type Output struct{}

func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	o := orders.Order{RowID: in.Body.ID, Key: in.Body.Key}
	err := orders.Place(ctx, f.DB, f.Events, in.Body.Job, o, in.Body.Rollback)
	if errors.Is(err, orders.ErrOnPurpose) {
		return nil, fault.New(fault.Conflict, "Rolled back on purpose.")
	}
	return &Output{}, err
}
