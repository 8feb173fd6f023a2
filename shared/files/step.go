package files

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/live"
)

// StepName says what is done with a file.
type StepName string

// The steps, in order. Not every file has all of them.
const (
	StepCreated  StepName = "created"  // its sender has registered it
	StepUploaded StepName = "uploaded" // its bytes arrive; an empty file has none
	StepPin      StepName = "pin"      // they are copied to where nobody can replace them
	StepDigest   StepName = "digest"   // they are read: checksum, type, and the excerpt of a text
	StepPicture  StepName = "picture"  // a picture is measured, and its thumbnail made
	StepFinish   StepName = "finish"   // the file is ready or failed
)

// StepNames returns all steps, in order.
func StepNames() []StepName {
	return []StepName{StepCreated, StepUploaded, StepPin, StepDigest, StepPicture, StepFinish}
}

// StepState is how far a step is.
type StepState string

// The states.
const (
	StepRunning StepState = "running" // or about to be tried again
	StepDone    StepState = "done"
	StepFailed  StepState = "failed" // Detail says why
)

// maxDetail bounds a Detail, in characters.
const maxDetail = 500

// Step is a part of a file's history.
type Step struct {
	Name     StepName  `json:"name" enum:"created,uploaded,pin,digest,picture,finish"`
	State    StepState `json:"state" enum:"running,done,failed"`
	Detail   string    `json:"detail,omitempty" doc:"What came of it, or why it failed"`
	Progress int       `json:"progress,omitempty" minimum:"0" maximum:"100" doc:"In percent, of a long step that is running"`
	BeganAt  time.Time `json:"beganAt" doc:"When it was tried first"`
	EndedAt  time.Time `json:"endedAt,omitzero" doc:"Not there while it is running"`
}

// The statements that write a step down. A step that is tried again stays one row, and one
// that has ended does not run again.
const (
	insertStep = `INSERT INTO file_step (file, step, state, detail, progress, began_at, ended_at)
		SELECT id, $2, $3, nullif($4, ''), $5::int, now(), CASE WHEN $3 <> 'running' THEN now() END FROM file WHERE id = $1`
	updateStep = ` ON CONFLICT (file, step) DO UPDATE SET state = excluded.state, detail = excluded.detail,
		progress = excluded.progress, ended_at = excluded.ended_at
		WHERE file_step.state = 'running' OR excluded.state <> 'running'`
	noteStep       = insertStep + updateStep
	noteProcessing = insertStep + ` AND owner = $6 AND status = 'processing' FOR SHARE` + updateStep
)

// Step notes how far a step of a processing file of owner is. It sets the times of the step itself.
// A step that is tried again stays one step, and one that has ended does not run again. Step does
// nothing for a file that is finished, gone, or somebody else's.
func (s *Store) Step(ctx context.Context, owner string, id uuid.UUID, step Step) error {
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		noted, err := tx.Exec(ctx, noteProcessing, append(step.values(id), owner)...)
		if err != nil || noted.RowsAffected() == 0 {
			return err
		}
		change := Change{ID: id, Status: Processing, Step: step.Name, Progress: step.Progress}
		return live.Publish(ctx, tx, live.User(owner), MessageChanged, change)
	})
	if err != nil {
		return fmt.Errorf("files: note step %s of %s: %w", step.Name, id, err)
	}
	return nil
}

// note writes a step down, whatever the status of its file.
func note(ctx context.Context, q db.Querier, id uuid.UUID, step Step) error {
	_, err := q.Exec(ctx, noteStep, step.values(id)...)
	return err
}

// values are the first parameters of both statements.
func (s Step) values(file uuid.UUID) []any {
	detail := []rune(s.Detail)
	if len(detail) > maxDetail {
		detail = append(detail[:maxDetail-1], '…')
	}
	return []any{file, string(s.Name), string(s.State), string(detail), s.Progress}
}

// Details are all that is known of a file.
type Details struct {
	File
	Excerpt string `json:"excerpt,omitempty" doc:"How a text begins, without control characters but line breaks and tabs"`
	Steps   []Step `json:"steps" nullable:"false" doc:"The file's history, in order. A file of an older release has none."`
}

// Details returns all that is known of a file of owner, or fault.NotFound.
func (s *Store) Details(ctx context.Context, owner string, id uuid.UUID) (Details, error) {
	d, err := s.details(ctx, owner, id)
	if err == nil {
		d.Steps, err = s.steps(ctx, id)
	}
	if err != nil {
		return Details{}, fmt.Errorf("files: details of %s: %w", id, err)
	}
	return d, nil
}

// details returns them without the history.
func (s *Store) details(ctx context.Context, owner string, id uuid.UUID) (d Details, err error) {
	d.File, err = s.get(ctx, owner, id)
	if err == nil {
		err = s.db.QueryRow(ctx, `SELECT coalesce(max(excerpt), '') FROM file WHERE id = $1`, id).Scan(&d.Excerpt)
	}
	return d, err
}

func (s *Store) steps(ctx context.Context, id uuid.UUID) ([]Step, error) {
	rows, err := s.db.Query(ctx, `SELECT step, state, coalesce(detail, ''), progress, began_at, coalesce(ended_at, '0001-01-01Z')
		FROM file_step WHERE file = $1`, id)
	if err != nil {
		return nil, err
	}
	steps, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Step, err error) {
		err = row.Scan((*string)(&s.Name), (*string)(&s.State), &s.Detail, &s.Progress, &s.BeganAt, &s.EndedAt)
		s.BeganAt, s.EndedAt = s.BeganAt.UTC(), s.EndedAt.UTC()
		return s, err
	})
	order := StepNames()
	slices.SortFunc(steps, func(a, b Step) int { return slices.Index(order, a.Name) - slices.Index(order, b.Name) })
	return steps, err
}

// Excerpt stores the beginning of the text of a processing file of owner. It does nothing for a
// file that is finished, gone, or somebody else's.
func (s *Store) Excerpt(ctx context.Context, owner string, id uuid.UUID, text string) error {
	_, err := s.db.Exec(ctx, `UPDATE file SET excerpt = nullif($3, ''), updated_at = now() WHERE id = $1 AND owner = $2 AND status = $4`,
		id, owner, text, string(Processing))
	if err != nil {
		return fmt.Errorf("files: store the excerpt of %s: %w", id, err)
	}
	return nil
}
