package db_test

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
)

func ExampleDB_InTx() {
	rename := func(ctx context.Context, d *db.DB, id uuid.UUID, name string) error {
		return d.InTx(ctx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE file SET name = $2 WHERE id = $1`, id, name)
			return err
		})
	}
	_ = rename
}
