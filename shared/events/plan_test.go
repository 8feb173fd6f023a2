package events_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
)

// No statement of the relay reads all of a table, whether PostgreSQL takes it to be
// empty or knows that it is full.
func TestPlansUseIndexes(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	parameter := regexp.MustCompile(`\$\d+`)
	check := func(when string) {
		for name, sql := range events.Statements {
			_ = d.InTx(t.Context(), func(tx pgx.Tx) error { // rolled back: what is prepared goes, too
				for _, s := range []string{events.Tune, `SET LOCAL plan_cache_mode = force_generic_plan`, `PREPARE x AS ` + sql} {
					if _, err := tx.Exec(t.Context(), s); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
				}
				numbers := parameter.FindAllString(sql, -1)
				slices.Sort(numbers)
				execute := "EXECUTE x"
				if n := len(slices.Compact(numbers)); n > 0 {
					execute = fmt.Sprintf("EXECUTE x (%s)", strings.TrimSuffix(strings.Repeat("NULL, ", n), ", "))
				}
				rows, err := tx.Query(t.Context(), "EXPLAIN "+execute)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
				if plan := strings.Join(lines, "\n"); err != nil || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "Bitmap") {
					t.Errorf("%s, %s: %v\n%s", when, name, err, plan)
				}
				_, err = tx.Exec(t.Context(), `DEALLOCATE x`)
				return err
			})
		}
	}
	check("empty")
	fill(t, d, 20_000)
	exec(t, d, `ANALYZE outbox`)
	check("full")
	exec(t, d, `UPDATE outbox SET next_at = 'infinity', state = 'dead'`)
	exec(t, d, `ANALYZE outbox`)
	check("dead")
}
