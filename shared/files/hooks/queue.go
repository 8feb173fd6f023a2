package hooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth/standing"
	"switchyard/shared/fault"
	"switchyard/shared/outgoing/webhook"
)

// TypeTest is the type of the message that [Store.Test] sends.
const TypeTest = "webhook.test"

// findTold finds the webhooks that are told what becomes of the files of the user $1.
const findTold = `SELECT hook.id FROM webhook AS hook JOIN ` + standing.Users + ` AS owner
	ON owner.id = hook.owner AND owner.standing <> '` + standing.Banned + `'
	WHERE hook.owner = $1 AND hook.disabled IS NULL ORDER BY hook.id`

// Tell queues m for all webhooks of owner that are not disabled; for none if owner is banned. event
// is the id of what has happened: a webhook is told of it once, however often Tell is called. It
// returns how many webhooks are told.
func (s *Store) Tell(ctx context.Context, owner string, event uuid.UUID, m webhook.Message) (n int, err error) {
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, s.names.SQL(findTold), owner)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.queue(ctx, tx, owner, id, event, m); err != nil {
				return err
			}
		}
		n = len(ids)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("hooks: tell of %s: %w", event, err)
	}
	return n, nil
}

// Test queues a message of [TypeTest] for a webhook of owner. It fails with fault.NotFound if there
// is no such webhook, with fault.Conflict if it is disabled, and with fault.TooMany if owner has
// had too much sent by hand.
func (s *Store) Test(ctx context.Context, owner string, id uuid.UUID) error {
	w, err := s.Get(ctx, owner, id)
	if err != nil {
		return err
	}
	if w.Disabled != "" {
		return fault.New(fault.Conflict, "This webhook is turned off. Turn it on first.")
	}
	if err := s.byHand(ctx, owner); err != nil {
		return fmt.Errorf("hooks: test %s: %w", id, err)
	}
	m := webhook.Message{Type: TypeTest, Timestamp: time.Now(), Data: map[string]string{"message": "This webhook works."}}
	err = s.db.InTx(ctx, func(tx pgx.Tx) error { return s.queue(ctx, tx, owner, id, uuid.New(), m) })
	if err != nil {
		return fmt.Errorf("hooks: test %s: %w", id, err)
	}
	return nil
}

// byHand counts something that owner has sent, or fails with fault.TooMany.
func (s *Store) byHand(ctx context.Context, owner string) error {
	const window = ByHandAtOnce * ByHandInterval
	used, ok, err := s.rates.Take(ctx, "hooks/by hand", owner, ByHandInterval, window)
	if err != nil {
		return err
	}
	if !ok {
		return fault.RetryAfter(used+ByHandInterval-window,
			fault.New(fault.TooMany, "You have had webhooks sent too often. Wait for some seconds, and try again."))
	}
	return nil
}

// queue adds a delivery, unless it is there or its webhook was removed, and lets go of old ones.
func (s *Store) queue(ctx context.Context, tx pgx.Tx, owner string, id, event uuid.UUID, m webhook.Message) error {
	body, err := m.Body()
	if err != nil {
		return err
	}
	refused, err := Attempt{At: time.Now().UTC(), Problem: "Too many others wait for this webhook."}.list()
	if err != nil {
		return err
	}
	delivery, state := uuid.NewSHA1(id, event[:]), Waiting
	err = tx.QueryRow(ctx, `INSERT INTO webhook_delivery (id, webhook, type, body, created_at, state, attempts)
		SELECT $1, $2, $3, $4, now(), CASE WHEN crowded THEN 'failed' ELSE 'waiting' END, CASE WHEN crowded THEN $6::jsonb ELSE '[]' END
		FROM webhook AS hook, (SELECT count(*) >= $5 AS crowded FROM webhook_delivery WHERE webhook = $2 AND state = 'waiting') AS others
		WHERE hook.id = $2 FOR KEY SHARE OF hook
		ON CONFLICT (id) DO NOTHING RETURNING state`,
		delivery, id, m.Type, string(body), MaxWaiting, refused).Scan((*string)(&state))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if state == Waiting {
		if err := s.bus.Publish(ctx, tx, Due{DeliveryID: delivery, OwnerID: owner}); err != nil {
			return err
		}
	}
	if err := sweep(ctx, tx, id); err != nil {
		return err
	}
	return tell(ctx, tx, owner, id)
}

// sweep removes deliveries of a webhook that have ended: those beyond MaxEnded, and those that
// are older than KeepFor.
func sweep(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	// The state is asked outside, too: a delivery that is sent again at this moment waits.
	_, err := tx.Exec(ctx, `DELETE FROM webhook_delivery WHERE webhook = $1 AND state <> 'waiting' AND (
			created_at < now() - $3::interval OR id IN (
				SELECT id FROM webhook_delivery WHERE webhook = $1 AND state <> 'waiting' ORDER BY created_at DESC, id OFFSET $2
			))`, id, MaxEnded, KeepFor)
	return err
}

// Resend queues a delivery of owner that has ended once more; it is tried as often as the first
// time. It fails with fault.NotFound if there is no such delivery, with fault.Conflict if it
// still waits or its webhook is disabled, and with fault.TooMany if owner has had too much sent
// by hand, or tried to.
func (s *Store) Resend(ctx context.Context, owner string, id uuid.UUID) error {
	if err := s.byHand(ctx, owner); err != nil {
		return fmt.Errorf("hooks: send %s again: %w", id, err)
	}
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		var hook uuid.UUID
		var state State
		var off bool
		err := tx.QueryRow(ctx, `SELECT w.id, d.state, w.disabled IS NOT NULL FROM webhook_delivery AS d
			JOIN webhook AS w ON w.id = d.webhook WHERE d.id = $1 AND w.owner = $2 FOR UPDATE OF d`, id, owner).
			Scan(&hook, (*string)(&state), &off)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return fault.New(fault.NotFound, "There is no delivery with this id any more.")
		case err != nil:
			return err
		case state == Waiting:
			return fault.New(fault.Conflict, "This is being sent already.")
		case off:
			return fault.New(fault.Conflict, "This webhook is turned off. Turn it on first.")
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook_delivery SET state = 'waiting', next_at = now() WHERE id = $1`, id); err != nil {
			return err
		}
		if err := s.bus.Publish(ctx, tx, Due{DeliveryID: id, OwnerID: owner}); err != nil {
			return err
		}
		return tell(ctx, tx, owner, hook)
	})
	if err != nil {
		return fmt.Errorf("hooks: send %s again: %w", id, err)
	}
	return nil
}

// Deliveries returns what a webhook of owner was told, or will be told: the newest [MaxEnded], newest
// first. It is empty if there is no such webhook.
func (s *Store) Deliveries(ctx context.Context, owner string, id uuid.UUID) ([]Delivery, error) {
	rows, err := s.db.Query(ctx, `SELECT d.id, d.type, d.state, d.attempts, d.next_at, d.created_at FROM webhook_delivery AS d
		JOIN webhook AS w ON w.id = d.webhook WHERE w.id = $1 AND w.owner = $2 ORDER BY d.created_at DESC, d.id LIMIT $3`, id, owner, MaxEnded)
	if err != nil {
		return nil, fmt.Errorf("hooks: list deliveries of %s: %w", id, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Delivery])
	if err != nil {
		return nil, fmt.Errorf("hooks: list deliveries of %s: %w", id, err)
	}
	return all, nil
}
