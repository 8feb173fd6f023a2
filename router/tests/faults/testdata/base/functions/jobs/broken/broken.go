// Package broken has a step that always fails.
package broken

import (
	"context"
	"errors"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/db"
	"switchyard/shared/fn"
	"switchyard/shared/orders"
)

var Spec = fn.Job{Events: []string{"orders/broken"}, Summary: "Fail", Retries: 2}

type Function struct{ DB *db.DB }

type Output struct{}

func (f Function) Handle(ctx context.Context, in *orders.Broken) (*Output, error) {
	_, err := step.Run(ctx, "fail", func(ctx context.Context) (int, error) {
		n, err := orders.Step(ctx, f.DB, "fail", orders.Order(*in))
		return n, errors.Join(err, errors.New("broken for good"))
	})
	return nil, err
}

func (f Function) Failed(ctx context.Context, in *orders.Broken, cause error) error {
	_, err := f.DB.Exec(ctx, `INSERT INTO faults.failed (row_id, cause) VALUES ($1, $2)`, in.RowID, cause.Error())
	return err
}
