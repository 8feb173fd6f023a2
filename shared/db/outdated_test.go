package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/config"
	"switchyard/shared/db"
)

// queries are ways to ask for the rows of table thing, which change while they are asked.
//
//nolint:gochecknoglobals // a table
var queries = map[string]func(ctx context.Context, d *db.DB) error{
	"all columns": func(ctx context.Context, d *db.DB) error {
		rows, _ := d.Query(ctx, `SELECT * FROM thing WHERE id = $1`, 1)
		_, err := pgx.CollectExactlyOneRow(rows, pgx.RowToMap)
		return err
	},
	"named columns": func(ctx context.Context, d *db.DB) error {
		rows, _ := d.Query(ctx, `SELECT id, n FROM thing WHERE id = $1`, 1)
		_, err := pgx.CollectRows(rows, pgx.RowToMap)
		return err
	},
	"a row": func(ctx context.Context, d *db.DB) error {
		var id, n int64
		return d.QueryRow(ctx, `SELECT id, n FROM thing WHERE id > $1`, 0).Scan(&id, &n)
	},
	"a write": func(ctx context.Context, d *db.DB) error {
		_, err := d.Exec(ctx, `UPDATE thing SET id = id WHERE id = $1 RETURNING *`, 1)
		return err
	},
	"a transaction's first rows": func(ctx context.Context, d *db.DB) error {
		return d.InTx(ctx, func(tx pgx.Tx) error {
			rows, _ := tx.Query(ctx, `SELECT * FROM thing WHERE id >= $1`, 1)
			if _, err := pgx.CollectRows(rows, pgx.RowToMap); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE other SET id = $1`, 1)
			return err
		})
	},
	"a transaction's first row": func(ctx context.Context, d *db.DB) error {
		var n int64
		return d.InTx(ctx, func(tx pgx.Tx) error { return tx.QueryRow(ctx, `SELECT n FROM thing WHERE id < $1`, 2).Scan(&n) })
	},
	"a transaction's first write": func(ctx context.Context, d *db.DB) error {
		return d.InTx(ctx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE thing SET id = id WHERE id <= $1 RETURNING *`, 1)
			return err
		})
	},
}

// Tables change under a pool whose connections know the statements: nobody hears of it.
func TestTablesChange(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			d := open(t, func(c *config.Database) {
				c.URL = with(t, with(t, c.URL, "default_query_exec_mode", mode), "pool_max_conns", "4")
			})
			change := func(sql string) {
				t.Helper()
				if _, err := d.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			change(`CREATE TABLE thing (id int, n int); INSERT INTO thing VALUES (1, 2); CREATE TABLE other (id int)`)
			done := make(chan struct{})
			var wg sync.WaitGroup
			for name, query := range queries {
				wg.Go(func() {
					for {
						if err := query(t.Context(), d); err != nil {
							t.Errorf("%s: %v", name, err)
						}
						select {
						case <-done:
							return
						default:
						}
					}
				})
			}
			for i := range 20 {
				change(fmt.Sprintf(`ALTER TABLE thing ADD COLUMN c%d int DEFAULT 1`, i))
				change(`ALTER TABLE thing ALTER n TYPE bigint`)
				if i%2 == 1 {
					change(fmt.Sprintf(`ALTER TABLE thing DROP COLUMN c%d`, i-1))
				}
				change(`ALTER TABLE thing ALTER n TYPE int`)
			}
			close(done)
			wg.Wait()
		})
	}
}

// Each connection of a pool forgets what it knows once one of them finds it outdated: the
// second statement of a transaction, which cannot be tried again, then finds nothing old.
func TestAllForget(t *testing.T) {
	t.Parallel()
	d := open(t, func(c *config.Database) { c.URL = with(t, c.URL, "pool_max_conns", "3") })
	if _, err := d.Exec(t.Context(), `CREATE TABLE thing (id int)`); err != nil {
		t.Fatal(err)
	}
	second := func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT 1`); err != nil {
			return err
		}
		rows, _ := tx.Query(t.Context(), `SELECT * FROM thing`)
		_, err := pgx.CollectRows(rows, pgx.RowToMap)
		return err
	}
	// nested has n transactions at once, each over a connection of its own.
	var nested func(n int) error
	nested = func(n int) error {
		return d.InTx(t.Context(), func(tx pgx.Tx) error {
			err := second(tx)
			if n > 1 {
				err = errors.Join(err, nested(n-1))
			}
			return err
		})
	}
	if err := nested(3); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(t.Context(), `ALTER TABLE thing ADD COLUMN n int`); err != nil {
		t.Fatal(err)
	}
	if err := nested(1); err == nil {
		t.Error("the second statement of a transaction was tried again, though the first had been carried out")
	}
	if err := nested(3); err != nil {
		t.Errorf("after one connection had found out: %v", err)
	}
}
