package data

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Clean waits until all events have been sent, and removes the items that were added.
func (d *Database) Clean(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("the events are not all sent after a minute"))
	defer cancel()
	return d.do(ctx, func(c *pgx.Conn) error {
		for left := true; left; {
			time.Sleep(20 * time.Millisecond)
			err := c.QueryRow(ctx, `SELECT EXISTS (SELECT FROM outbox WHERE state <> 'begun') OR EXISTS (SELECT FROM desk_outbox)`).Scan(&left)
			if err != nil {
				return errors.Join(err, context.Cause(ctx))
			}
		}
		if _, err := c.Exec(ctx, `DELETE FROM item WHERE status IN ('ordered', 'uploading')`); err != nil {
			return err
		}
		_, err := c.Exec(ctx, `VACUUM item, outbox, desk_outbox`)
		return err
	})
}
