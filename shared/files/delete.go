package files

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth/standing"
	"switchyard/shared/events"
)

// Delete removes the row of a file of owner and publishes [Deleted], so that a job removes its
// objects from the bucket. It fails with fault.NotFound if there is no such file.
func (s *Store) Delete(ctx context.Context, bus *events.Bus, owner string, id uuid.UUID) error {
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		f, err := one(ctx, tx, `DELETE FROM file WHERE id = $1 AND owner = $2 RETURNING `+columns, id, owner)
		if err != nil {
			return err
		}
		if err := release(ctx, tx, f); err != nil {
			return err
		}
		if err := f.tellGone(ctx, tx); err != nil {
			return err
		}
		return bus.Publish(ctx, tx, f.deleted())
	})
	if err != nil {
		return fmt.Errorf("files: delete %s: %w", id, err)
	}
	return nil
}

// unwanted finds the file $1 of the user $2, who is not banned.
const unwanted = `SELECT file.id FROM file JOIN ` + standing.Users + ` AS owner
	ON owner.id = file.owner AND owner.standing <> '` + standing.Banned + `' WHERE file.id = $1 AND owner.id = $2`

// DeleteUnwanted deletes a file, as [Store.Delete] does, whose owner has asked for it some time
// ago. If the owner is banned by now, the file stays. It reports whether it has deleted one.
func (s *Store) DeleteUnwanted(ctx context.Context, bus *events.Bus, owner string, id uuid.UUID) (bool, error) {
	n, err := s.deleteAll(ctx, bus, s.names.SQL(unwanted), id, owner)
	if err != nil {
		return false, fmt.Errorf("files: delete unwanted %s: %w", id, err)
	}
	return n > 0, nil
}

// DeleteAbandoned deletes, as [Store.Delete] does, files that are uploading and of which nothing
// was heard since then, whoever owns them: the oldest first, at most limit, in one transaction.
// It returns how many.
func (s *Store) DeleteAbandoned(ctx context.Context, bus *events.Bus, then time.Time, limit int) (int, error) {
	n, err := s.deleteAll(ctx, bus, `SELECT id FROM file WHERE status = $1 AND updated_at < $2
		ORDER BY updated_at LIMIT $3 FOR UPDATE SKIP LOCKED`, Uploading, then, limit)
	if err != nil {
		return 0, fmt.Errorf("files: delete abandoned: %w", err)
	}
	return n, nil
}

// DeleteOwnerless deletes, as [Store.Delete] does, files whose owner's account is gone: the oldest
// first, at most limit, in one transaction. It returns how many.
func (s *Store) DeleteOwnerless(ctx context.Context, bus *events.Bus, limit int) (int, error) {
	n, err := s.deleteAll(ctx, bus, `SELECT id FROM file WHERE owner IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`, limit)
	if err != nil {
		return 0, fmt.Errorf("files: delete ownerless: %w", err)
	}
	return n, nil
}

// DeleteInfected deletes a file, as [Store.Delete] does, whoever owns it. It reports
// whether there was one.
func (s *Store) DeleteInfected(ctx context.Context, bus *events.Bus, id uuid.UUID) (bool, error) {
	n, err := s.deleteAll(ctx, bus, `SELECT $1::uuid`, id)
	if err != nil {
		return false, fmt.Errorf("files: delete infected %s: %w", id, err)
	}
	return n > 0, nil
}

// deleteAll deletes the files whose ids the query chosen returns, all or none.
func (s *Store) deleteAll(ctx context.Context, bus *events.Bus, chosen string, args ...any) (int, error) {
	var gone []File
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `DELETE FROM file WHERE id IN (`+chosen+`) RETURNING `+columns, args...)
		if err != nil {
			return err
		}
		if gone, err = pgx.CollectRows(rows, scan); err != nil || len(gone) == 0 {
			return err
		}
		if err := release(ctx, tx, gone...); err != nil {
			return err
		}
		announcements := make([]events.Event, len(gone))
		for i, f := range gone {
			announcements[i] = f.deleted()
			if err := f.tellGone(ctx, tx); err != nil {
				return err
			}
		}
		return bus.Publish(ctx, tx, announcements...)
	})
	return len(gone), err
}

// deleted returns the event that f is gone. A step that looks at f may be at it still, and
// write a copy or a thumbnail; a part of it may be on its way.
func (f File) deleted() Deleted {
	ends := f.UploadEnds()
	atIt := f.Status == Processing || f.Status == Uploading && f.Upload != ""
	if now := time.Now().UTC(); atIt && ends.Before(now) {
		ends = now.Add(UploadTTL)
	}
	return Deleted{FileID: f.ID, OwnerID: f.Owner, UploadEnds: ends}
}
