package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// publish writes an event into the outbox as a part of tx.
func publish(ctx context.Context, tx pgx.Tx, name string, data any) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO desk_outbox (id, name, data) VALUES ($1, $2, $3)`, [16]byte(id), name, data)
	return err
}

// The relay's pace.
const (
	relayEvery = 100 * time.Millisecond
	relayMany  = 100 // at once
)

// Relay sends what is in the outbox to api, until ctx ends.
func (s *Store) Relay(ctx context.Context, log *slog.Logger, api string) {
	for ctx.Err() == nil {
		n, err := s.relay(ctx, api)
		if err != nil {
			log.ErrorContext(ctx, "relay", slog.Any("error", err))
		}
		if n < relayMany {
			select {
			case <-time.After(relayEvery):
			case <-ctx.Done():
			}
		}
	}
}

type event struct {
	ID   uuid.UUID       `json:"id"`
	Name string          `json:"name"`
	Data json.RawMessage `json:"data"`
}

// relay sends some, and returns how many.
func (s *Store) relay(ctx context.Context, api string) (n int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `DELETE FROM desk_outbox WHERE id IN (
			SELECT id FROM desk_outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id, name, data`, relayMany)
		if err != nil {
			return err
		}
		events, err := pgx.CollectRows(rows, pgx.RowToStructByPos[event])
		if err != nil || len(events) == 0 {
			return err
		}
		n = len(events)
		return send(ctx, api, events)
	})
	return n, err
}

func send(ctx context.Context, api string, events []event) error {
	body, err := json.Marshal(events)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, api+"/e/key", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("send events: %s", answer.Status)
	}
	return nil
}
