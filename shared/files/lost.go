package files

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/events"
)

// Unprocessed is the reason of files whose processing ended through no fault of theirs.
const Unprocessed = "This file could not be processed, through no fault of its own. Upload it again."

// FailLost marks files as failed whose processing was lost: nothing was heard of them since then.
// Their reason is [Unprocessed], and [FileFailed] is published. It takes the oldest first, at most
// limit, in one transaction, and returns how many.
func (s *Store) FailLost(ctx context.Context, bus *events.Bus, then time.Time, limit int) (n int, err error) {
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `UPDATE file SET status = $1, reason = $2, updated_at = now() WHERE id IN (
				SELECT id FROM file WHERE status = $3 AND updated_at < $4 AND owner IS NOT NULL
				ORDER BY updated_at LIMIT $5 FOR UPDATE SKIP LOCKED
			) RETURNING `+columns, Failed, Unprocessed, Processing, then, limit)
		if err != nil {
			return err
		}
		lost, err := pgx.CollectRows(rows, scan)
		if err != nil {
			return err
		}
		for _, f := range lost {
			if err := finished(ctx, tx, bus, f); err != nil {
				return err
			}
		}
		n = len(lost)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("files: end the processing that was lost: %w", err)
	}
	return n, nil
}
