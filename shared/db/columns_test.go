package db_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
)

// all is a row with a column for each method, and one for each way to convert.
type all struct {
	ID, IDOfText       uuid.UUID
	Text, Char, Named  string
	Null, Some         *string
	Big, Normal, Small int64
	Yes                bool
	At, Ago, Day       time.Time
	Never, Once        *time.Time
	Words              []string
	Last               string
}

const selectAll = `SELECT '0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b'::uuid, '0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b'::text,
	'a text: ü'::text, 'abc'::varchar(9), 'n'::name,
	NULL::text, ''::text, '-9223372036854775808'::int8, '-7'::int4, 3::int2, true,
	'2026-11-29 16:20:30.123456+02'::timestamptz, '1969-12-31 23:59:59.999999Z'::timestamptz, '2026-11-29'::date,
	NULL::timestamptz, '1999-12-31 23:59:59.000001Z'::timestamptz, ARRAY['a', 'b'], 'last'::text FROM generate_series(1, 2)`

func byColumns(row pgx.CollectableRow) (all, error) {
	c := db.ColumnsOf(row)
	a := all{
		ID: c.UUID(), IDOfText: c.UUID(), Text: c.Text(), Char: c.Text(), Named: c.Text(), Null: c.TextOrNil(), Some: c.TextOrNil(),
		Big: c.Int(), Normal: c.Int(), Small: c.Int(), Yes: c.Bool(), At: c.Time(), Ago: c.Time(), Day: c.Time(),
		Never: c.TimeOrNil(), Once: c.TimeOrNil(),
	}
	c.Scan(&a.Words)
	a.Last = c.Text()
	return a, c.Err()
}

func byScan(row pgx.CollectableRow) (a all, err error) {
	err = row.Scan(&a.ID, &a.IDOfText, &a.Text, &a.Char, &a.Named, &a.Null, &a.Some, &a.Big, &a.Normal, &a.Small, &a.Yes,
		&a.At, &a.Ago, &a.Day, &a.Never, &a.Once, &a.Words, &a.Last)
	a.At, a.Ago = a.At.UTC(), a.Ago.UTC()
	if a.Once != nil {
		*a.Once = a.Once.UTC()
	}
	return a, err
}

// Columns are what Scan reads, however they travel.
func TestColumns(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for _, mode := range uuidModes {
		got, err := collect(t.Context(), d, byColumns, selectAll, mode)
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		want, err := collect(t.Context(), d, byScan, selectAll, mode)
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", mode, diff)
		}
	}
}

func collect[T any](ctx context.Context, d *db.DB, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := d.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

func TestColumnsRefuse(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for sql, want := range map[string]string{
		`SELECT NULL::text`:                           "is NULL",
		`SELECT 1, 'x'`:                               "1 columns of 2 were read",
		`SELECT 'x' WHERE false`:                      "",
		`SELECT '\x00'::bytea`:                        "bytea",
		`SELECT 1/(1-n) FROM generate_series(0, 1) n`: "division by zero",
	} {
		_, err := collect(t.Context(), d, func(row pgx.CollectableRow) (string, error) {
			c := db.ColumnsOf(row)
			if strings.Contains(sql, "generate") {
				return "", nil
			}
			return c.Text(), c.Err()
		}, sql)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", sql, err, want)
		}
	}
	for name, read := range map[string]func(*db.Columns){
		"too many":          func(c *db.Columns) { c.Int(); c.Int() },
		"too many, or none": func(c *db.Columns) { c.Int(); c.TextOrNil() },
		"another type":      func(c *db.Columns) { c.UUID() },
		"no time":           func(c *db.Columns) { c.Time() },
		"no boolean":        func(c *db.Columns) { c.Bool() },
	} {
		got, err := collect(t.Context(), d, func(row pgx.CollectableRow) (int, error) {
			c := db.ColumnsOf(row)
			read(&c)
			first := c.Err()
			if c.Int() != 0 || c.Text() != "" || !errors.Is(c.Err(), first) {
				t.Errorf("%s: it goes on after an error", name)
			}
			return 1, c.Err()
		}, `SELECT 1`)
		if err == nil {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if got, err := collect(t.Context(), d, func(row pgx.CollectableRow) (time.Time, error) {
		c := db.ColumnsOf(row)
		return c.Time(), c.Err()
	}, `SELECT 'infinity'::timestamptz`); err == nil {
		t.Errorf("infinity is %v", got)
	}
}

// maxColumns is how many allocations a row of many may take that is read by columns: texts of several
// rows share one.
const maxColumns = 0.1

//nolint:paralleltest // it counts what is allocated
func TestMemoryOfColumns(t *testing.T) {
	d := dbtest.New(t)
	count := func(rows int) float64 {
		kept := make([]all, 0, rows)
		return testing.AllocsPerRun(50, func() {
			r, err := d.Query(t.Context(), `SELECT gen_random_uuid(), 'one', 'two', 3::int8, true, now(), 'four' FROM generate_series(1, $1)`, rows)
			if err != nil {
				t.Fatal(err)
			}
			kept, err = pgx.AppendRows(kept[:0], r, func(row pgx.CollectableRow) (all, error) {
				c := db.ColumnsOf(row)
				a := all{ID: c.UUID(), Text: c.Text(), Char: c.Text(), Big: c.Int(), Yes: c.Bool(), At: c.Time(), Last: c.Text()}
				return a, c.Err()
			})
			if err != nil || len(kept) != rows || slices.ContainsFunc(kept, func(a all) bool { return a.Last != "four" }) {
				t.Fatal(err, kept)
			}
		})
	}
	if n := (count(101) - count(1)) / 100; n > maxColumns {
		t.Errorf("a row takes %.2f allocations, want %.1f at most", n, maxColumns)
	}
}

// BenchmarkColumns compares ways to read 20 rows, without what it takes to ask for them.
func BenchmarkColumns(b *testing.B) {
	d := dbtest.New(b)
	type item struct {
		ID          uuid.UUID
		Name, Owner string
		Size        int64
		At          time.Time
	}
	for name, scan := range map[string]pgx.RowToFunc[item]{
		"nothing": func(pgx.CollectableRow) (item, error) { return item{}, nil },
		"columns": func(row pgx.CollectableRow) (item, error) {
			c := db.ColumnsOf(row)
			i := item{c.UUID(), c.Text(), c.Text(), c.Int(), c.Time()}
			return i, c.Err()
		},
		"scan": func(row pgx.CollectableRow) (i item, err error) {
			err = row.Scan(&i.ID, &i.Name, &i.Owner, &i.Size, &i.At)
			return i, err
		},
		"reflection": pgx.RowToStructByPos[item],
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var read time.Duration
			for b.Loop() {
				rows, err := d.Query(b.Context(), `SELECT gen_random_uuid(), 'a name', 'an owner', n, now() FROM generate_series(1::int8, 20) n`)
				if err != nil {
					b.Fatal(err)
				}
				rows.Next() // the first has arrived
				began := time.Now()
				if _, err := pgx.AppendRows(make([]item, 0, 20), rows, scan); err != nil {
					b.Fatal(err)
				}
				read += time.Since(began)
			}
			b.ReportMetric(float64(read.Nanoseconds())/float64(b.N), "ns/rows")
		})
	}
}
