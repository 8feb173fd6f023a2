// Package later publishes events that are held back.
package later

import (
	"context"
	"time"

	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/fn"
	"switchyard/shared/orders"
)

var Spec = fn.Endpoint{
	Route:   "POST /api/later",
	Summary: "Place orders whose events are held back",
	Access:  fn.Public,
	Timeout: 20 * time.Second,
}

type Function struct {
	DB     *db.DB
	Events *events.Bus
}

type Input struct {
	Body struct {
		Count int       `json:"count"`
		From  time.Time `json:"from" doc:"The time of the first"`
		Over  float64   `json:"over" doc:"In how many seconds the others follow"`
	}
}

type Output struct{}

func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	over := time.Duration(in.Body.Over * float64(time.Second))
	times := make([]time.Time, in.Body.Count)
	for i := range times {
		times[i] = in.Body.From.Add(over * time.Duration(i) / time.Duration(in.Body.Count))
	}
	return &Output{}, orders.PlaceLater(ctx, f.DB, f.Events, times)
}
