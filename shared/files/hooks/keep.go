package hooks

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/db"
	"switchyard/shared/fault"
	"switchyard/shared/outgoing/webhook"
)

const columns = `id, url, CASE WHEN old_until > now() THEN old_until END, failing_since, coalesce(disabled, ''), created_at`

func scan(row pgx.CollectableRow) (w Webhook, err error) {
	err = row.Scan(&w.ID, &w.URL, &w.OldUntil, &w.FailingSince, (*string)(&w.Disabled), &w.CreatedAt)
	return w, err
}

// one returns the only webhook of a query, or fault.NotFound if there is none.
func one(ctx context.Context, q db.Querier, sql string, args ...any) (Webhook, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return Webhook{}, err
	}
	w, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, fault.New(fault.NotFound, "There is no webhook with this id.")
	}
	return w, err
}

// foreignKeyViolation is the code of PostgreSQL's error that what a row refers to is not there.
const foreignKeyViolation = "23503"

// Add adds a webhook of owner: url is told what happens from now on. secret is what its messages
// are signed with; it cannot be read again.
//
// It fails with fault.Invalid if the URL may not be called, see package outgoing, with
// fault.Conflict if the owner has MaxHooks, and with fault.Unauthorized if there is no such
// user any more.
func (s *Store) Add(ctx context.Context, owner, url string) (w Webhook, secret string, err error) {
	if url, err = s.calls.Check(url); err != nil {
		return w, "", err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return w, "", fmt.Errorf("hooks: make an id: %w", err)
	}
	secret = webhook.NewSecret()
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		// One owner's webhooks are added one after another, so that all are counted.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('webhook ' || $1, 0))`, owner); err != nil {
			return err
		}
		w, err = one(ctx, tx, `INSERT INTO webhook (id, owner, url, secret, created_at) SELECT $1, $2, $3, $4, now()
			WHERE (SELECT count(*) FROM webhook WHERE owner = $2) < $5 RETURNING `+columns,
			id, owner, url, s.box.Seal(sealedFor(id), secret), MaxHooks)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Conflict, "You have %d webhooks, which is as many as you can. Remove one that you do not need.", MaxHooks)
		}
		if err != nil {
			return err
		}
		return tell(ctx, tx, owner, id)
	})
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == foreignKeyViolation {
		err = fault.New(fault.Unauthorized, "There is no such account any more. Sign in to use this.").Because(err)
	}
	if err != nil {
		return Webhook{}, "", fmt.Errorf("hooks: add: %w", err)
	}
	return w, secret, nil
}

// List returns the webhooks of owner, oldest first.
func (s *Store) List(ctx context.Context, owner string) ([]Webhook, error) {
	rows, err := s.db.Query(ctx, `SELECT `+columns+` FROM webhook WHERE owner = $1 ORDER BY id`, owner)
	if err != nil {
		return nil, fmt.Errorf("hooks: list: %w", err)
	}
	all, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("hooks: list: %w", err)
	}
	return all, nil
}

// Get returns a webhook of owner, or fault.NotFound.
func (s *Store) Get(ctx context.Context, owner string, id uuid.UUID) (Webhook, error) {
	w, err := one(ctx, s.db, `SELECT `+columns+` FROM webhook WHERE id = $1 AND owner = $2`, id, owner)
	if err != nil {
		return w, fmt.Errorf("hooks: get %s: %w", id, err)
	}
	return w, nil
}

// Remove deletes a webhook of owner, and what is known of its deliveries. Those that wait
// are not tried again. It fails with fault.NotFound if there is none.
func (s *Store) Remove(ctx context.Context, owner string, id uuid.UUID) error {
	err := s.change(ctx, owner, id, `DELETE FROM webhook WHERE id = $1 AND owner = $2 RETURNING `+columns)
	if err != nil {
		return fmt.Errorf("hooks: remove %s: %w", id, err)
	}
	return nil
}

// Enable turns a webhook of owner on again that was disabled. It fails with fault.NotFound if there
// is none.
func (s *Store) Enable(ctx context.Context, owner string, id uuid.UUID) error {
	err := s.change(ctx, owner, id, `UPDATE webhook SET disabled = NULL, failing_since = NULL WHERE id = $1 AND owner = $2 RETURNING `+columns)
	if err != nil {
		return fmt.Errorf("hooks: enable %s: %w", id, err)
	}
	return nil
}

// Rotate gives a webhook of owner another secret, and returns it; it cannot be read again. For
// [OldFor], messages are signed with the secret before it as well, but not with older ones. It
// fails with fault.NotFound if there is no such webhook.
func (s *Store) Rotate(ctx context.Context, owner string, id uuid.UUID) (secret string, err error) {
	secret = webhook.NewSecret()
	err = s.change(ctx, owner, id, `UPDATE webhook SET old_secret = secret, old_until = now() + $4::interval, secret = $3
		WHERE id = $1 AND owner = $2 RETURNING `+columns, s.box.Seal(sealedFor(id), secret), OldFor)
	if err != nil {
		return "", fmt.Errorf("hooks: rotate %s: %w", id, err)
	}
	return secret, nil
}

// change runs a statement that changes one webhook, and tells of it.
func (s *Store) change(ctx context.Context, owner string, id uuid.UUID, sql string, args ...any) error {
	return s.db.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := one(ctx, tx, sql, append([]any{id, owner}, args...)...); err != nil {
			return err
		}
		return tell(ctx, tx, owner, id)
	})
}
