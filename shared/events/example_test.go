package events_test

import (
	"context"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/events"
)

// Shipped says that an order has left the house.
type Shipped struct {
	OrderID string `json:"orderId"`
}

// EventName implements events.Event.
func (Shipped) EventName() string { return "order/shipped" }

// The row and the event are one: either both take effect or neither does.
func ExampleBus_Publish() {
	ship := func(ctx context.Context, d *db.DB, b *events.Bus, id string) error {
		return d.InTx(ctx, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE orders SET shipped_at = now() WHERE id = $1`, id); err != nil {
				return err
			}
			return b.Publish(ctx, tx, Shipped{OrderID: id})
		})
	}
	_ = ship
}
