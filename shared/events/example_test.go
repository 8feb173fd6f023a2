package events_test

import (
	"context"
	"time"

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

// PaymentDue says that it is time to look whether an order has been paid for.
type PaymentDue struct {
	OrderID string `json:"orderId"`
}

// EventName implements events.Event.
func (PaymentDue) EventName() string { return "order/payment-due" }

// EventKey implements events.Keyed: by it the event is cancelled.
func (p PaymentDue) EventKey() string { return "order/" + p.OrderID }

// A reminder three days after the order, which the payment takes back.
func ExampleAt() {
	place := func(ctx context.Context, tx pgx.Tx, b *events.Bus, id string) error {
		if _, err := tx.Exec(ctx, `INSERT INTO orders (id) VALUES ($1)`, id); err != nil {
			return err
		}
		return b.Publish(ctx, tx, events.At(time.Now().Add(3*24*time.Hour), PaymentDue{OrderID: id}))
	}
	pay := func(ctx context.Context, tx pgx.Tx, b *events.Bus, id string) error {
		if _, err := tx.Exec(ctx, `UPDATE orders SET paid_at = now() WHERE id = $1`, id); err != nil {
			return err
		}
		_, err := b.Cancel(ctx, tx, PaymentDue{OrderID: id}) // 0 if its time has come: the job that listens looks at paid_at
		return err
	}
	_, _ = place, pay
}
