// Package query asks the database for a number.
package query

import (
	"context"

	"switchyard/shared/db"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{Route: "GET /isolation/good/query", Access: fn.Public}

type Function struct {
	DB *db.DB
}

type Input struct{}

type Output struct{ Body int }

func (f Function) Handle(ctx context.Context, _ *Input) (*Output, error) {
	var out Output
	return &out, f.DB.QueryRow(ctx, `SELECT 1`).Scan(&out.Body)
}
