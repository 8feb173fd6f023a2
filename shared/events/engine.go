package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
)

// To be replaced by the relay's own when that is merged.
const (
	Held  State = "held"
	Begun State = "begun"
)

type EngineState string

const (
	Working EngineState = "working"
	Slow    EngineState = "slow"
	Stuck   EngineState = "stuck"
	Away    EngineState = "away"
)

type Engine struct {
	State   EngineState        `json:"state"`
	Since   time.Time          `json:"since"`
	Reason  string             `json:"reason,omitempty"`
	Windows map[string]*Window `json:"windows,omitempty"`
}

type Window struct {
	Size     int `json:"size"`
	InFlight int `json:"inFlight"`
}

func EngineOf(ctx context.Context, d *db.DB) (Engine, error) {
	var text json.RawMessage
	var e Engine
	err := d.QueryRow(ctx, `SELECT state FROM relay`).Scan(&text)
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Engine{}, fmt.Errorf("ask how Inngest works: %w", err)
	}
	if e.State == "" {
		e.State = Working
	}
	return e, nil
}
