package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// askAfter is how long after its last use a connection is asked whether it is still
// there, before it is used again.
const askAfter = time.Second

// usedAt is where a connection notes when it was taken last.
const usedAt = "switchyard.usedAt"

// pingByWallClock has the pool ask connections that were idle by the wall clock. The clock that it goes by
// itself may stand still while a machine sleeps or a Lambda is frozen, when servers and
// all that lies between give up what they do not hear of.
func pingByWallClock(c *pgxpool.Config) {
	c.ShouldPing = func(_ context.Context, p pgxpool.ShouldPingParams) bool {
		now := time.Now().Round(0) // without the other clock
		data := p.Conn.PgConn().CustomData()
		at, known := data[usedAt].(*time.Time)
		if !known {
			first := now
			data[usedAt] = &first
			return p.IdleDuration > askAfter
		}
		idle := now.Sub(*at)
		*at = now
		return idle > askAfter || idle < 0
	}
}
