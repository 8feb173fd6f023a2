package files

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/events"
	"switchyard/shared/fault"
)

// Result is what processing found out about a file. Zero fields are unknown.
type Result struct {
	Reason    string // why it failed; "" if it is ready
	Type      string // by content
	SHA256    string
	Width     int
	Height    int
	Thumbnail bool
}

// Finish ends the processing of a file of owner: it is ready, or failed if r has a
// reason, and [FileReady] or [FileFailed] is published. A file that is finished already
// stays as it is, so that Finish can be repeated. It fails with fault.NotFound if the file
// is gone.
func (s *Store) Finish(ctx context.Context, bus *events.Bus, owner string, id uuid.UUID, r Result) (f File, err error) {
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		f, err = s.finish(ctx, tx, owner, id, r)
		if fault.Is(err, fault.NotFound) {
			f, err = one(ctx, tx, byID, id, owner)
			return err
		}
		if err != nil {
			return err
		}
		return finished(ctx, tx, bus, f)
	})
	if err != nil {
		return File{}, fmt.Errorf("files: finish %s: %w", id, err)
	}
	return f, nil
}

// finish changes the row of a processing file, or fails with fault.NotFound.
func (s *Store) finish(ctx context.Context, tx pgx.Tx, owner string, id uuid.UUID, r Result) (File, error) {
	status := Ready
	if r.Reason != "" {
		status = Failed
	}
	return one(ctx, tx, `UPDATE file SET status = $2, reason = nullif($3, ''), type = coalesce(nullif($4, ''), type),
		sha256 = nullif($5, ''), width = nullif($6, 0), height = nullif($7, 0), thumbnail = $8, updated_at = now()
		WHERE id = $1 AND owner = $9 AND status = $10 RETURNING `+columns,
		id, status, r.Reason, r.Type, r.SHA256, r.Width, r.Height, r.Thumbnail, owner, Processing)
}

// finished does, with the change of its row, what belongs to the end of a file's
// processing. A step that is running still was given up.
func finished(ctx context.Context, tx pgx.Tx, bus *events.Bus, f File) error {
	_, err := tx.Exec(ctx, `UPDATE file_step SET state = 'failed', detail = 'It was given up.', ended_at = now() WHERE file = $1 AND state = 'running'`, f.ID)
	if err != nil {
		return err
	}
	end := Step{Name: StepFinish, State: StepDone}
	if f.Status == Failed {
		end = Step{Name: StepFinish, State: StepFailed, Detail: f.Reason}
	}
	if err := note(ctx, tx, f.ID, end); err != nil {
		return err
	}
	if err := f.tellEnd(ctx, tx, bus); err != nil {
		return err
	}
	return f.tellChange(ctx, tx)
}

// tellEnd publishes that f is ready, or failed.
func (f File) tellEnd(ctx context.Context, tx pgx.Tx, bus *events.Bus) error {
	if f.Status == Failed {
		return bus.Publish(ctx, tx, FileFailed{FileID: f.ID, OwnerID: f.Owner, File: f})
	}
	return bus.Publish(ctx, tx, FileReady{FileID: f.ID, OwnerID: f.Owner, File: f})
}
