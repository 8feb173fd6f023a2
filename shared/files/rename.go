package files

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Rename gives a file of owner another name. It fails with fault.NotFound if there is no such file,
// and with fault.Invalid if the name is not within the limits.
func (s *Store) Rename(ctx context.Context, owner string, id uuid.UUID, name string) (File, error) {
	n, err := New{Name: name}.clean()
	if err != nil {
		return File{}, err
	}
	var f File
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		f, err = one(ctx, tx, `UPDATE file SET name = $3, updated_at = now() WHERE id = $1 AND owner = $2 RETURNING `+columns, id, owner, n.Name)
		if err != nil {
			return err
		}
		return f.tellChange(ctx, tx)
	})
	if err != nil {
		return File{}, fmt.Errorf("files: rename %s: %w", id, err)
	}
	return f, nil
}
