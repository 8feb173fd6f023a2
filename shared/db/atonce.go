package db

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"switchyard/internal/lazy"
)

// atOnce is the query of a Lookup, made into one for the rows of many calls: each parameter is an
// array, of the arguments of all. PostgreSQL begins and ends it once, which is most of its work for
// a row. The zero value says that there is no such query.
//
//	SELECT one.*, asked.asked_i FROM unnest($2::uuid[]) WITH ORDINALITY AS asked (asked_1, asked_i),
//	LATERAL (SELECT * FROM (SELECT id, name FROM item WHERE id = asked.asked_1) AS one LIMIT 2) AS one
//	WHERE asked.asked_i <= $1
//
// LIMIT keeps PostgreSQL from merging the inner query with the outer one. Two rows are enough to see
// that there are several.
type atOnce struct {
	sql        string
	parameters int
}

// outer is the prefix of all names of the outer query. A statement that has it anywhere is not
// made into one for many, since it could mean a column of its own, and get ours.
const outer = "switchyard_asked"

// arrayLength is the number of elements that PostgreSQL assumes for an array that it does not know. A
// plan for a shorter one would look cheaper, so that it would plan each statement anew: shorter ones
// are filled up with NULL, which the last line of the query leaves out.
const arrayLength = 10

// firstOfUsers is the first OID of what did not come with PostgreSQL. It changes when a type is made anew.
const firstOfUsers = 16384

var (
	// quoted matches a parameter, and what may look like one inside: a text, a name in quotes, a comment.
	quoted = lazy.Regexp{Source: `'[^']*'|"[^"]*"|--[^\n\r]*|\$\d+`}
	// strange matches a statement in which quoted may take one for another: with a backslash in a text, a
	// comment that begins with /*, or a text between dollars. It matches one with outer, too.
	strange = lazy.Regexp{Source: `\\|/\*|\$(\D|$)|(?i:` + outer + `)`}
)

// learnAtOnce asks the database for the types of parameters of sql, makes the query for many of it, and
// asks whether that can be prepared. It returns the zero one if there is none, and nil if
// PostgreSQL does not take sql itself: a table may be missing that is there later.
func (d *DB) learnAtOnce(ctx context.Context, conn *pgx.Conn, sql string) (*atOnce, error) {
	if !d.describes {
		return &atOnce{}, nil
	}
	one, err := conn.PgConn().Prepare(ctx, "", sql, nil)
	if isRefused(err) {
		return nil, nil //nolint:nilnil // its queries will say what is wrong
	}
	if err != nil {
		return nil, err
	}
	many := newAtOnce(sql, one.ParamOIDs, conn.TypeMap())
	if many.sql == "" {
		return many, nil
	}
	if _, err = conn.PgConn().Prepare(ctx, "", many.sql, nil); isRefused(err) {
		return &atOnce{}, nil
	}
	return many, err
}

// isRefused reports whether err says that PostgreSQL does not take a statement.
func isRefused(err error) bool {
	_, refused := errors.AsType[*pgconn.PgError](err)
	return refused && !stale(err) && !outdated(err)
}

// newAtOnce makes the query for many of one for a row, whose parameters are of these types. It
// returns the zero one if it does not understand the query, or does not know a type.
func newAtOnce(sql string, parameters []uint32, types *pgtype.Map) *atOnce {
	if len(parameters) == 0 || strange.Get().MatchString(sql) {
		return &atOnce{}
	}
	arrays, names := make([]string, len(parameters)), make([]string, len(parameters))
	for i, oid := range parameters {
		of, known := types.TypeForOID(oid)
		if known {
			_, known = types.TypeForName("_" + of.Name) // so PostgreSQL names arrays
		}
		if !known || oid >= firstOfUsers {
			return &atOnce{}
		}
		arrays[i] = fmt.Sprintf(`$%d::pg_catalog.%s[]`, i+2, pgx.Identifier{of.Name}.Sanitize())
		names[i] = fmt.Sprintf("%s_%d", outer, i+1)
	}
	one := quoted.Get().ReplaceAllStringFunc(sql, func(part string) string {
		if n, isParameter := strings.CutPrefix(part, "$"); isParameter {
			return outer + "." + outer + "_" + n
		}
		return part
	})
	return &atOnce{
		sql: fmt.Sprintf(`SELECT one.*, %[1]s.%[1]s_i FROM unnest(%[2]s) WITH ORDINALITY AS %[1]s (%[3]s, %[1]s_i),
LATERAL (SELECT * FROM (%[4]s
) AS one LIMIT 2) AS one
WHERE %[1]s.%[1]s_i <= $1`, outer, strings.Join(arrays, ", "), strings.Join(names, ", "), one),
		parameters: len(parameters),
	}
}

// query asks for the rows of all calls. Nobody is to read what it returns with an error.
func (q *atOnce) query(ctx context.Context, conn *pgx.Conn, all [][]any) (*found, error) {
	for _, one := range all {
		if len(one) != q.parameters {
			return nil, fmt.Errorf("a call has %d arguments, and the query %d parameters", len(one), q.parameters)
		}
	}
	args := make([]any, 1, 1+q.parameters)
	args[0] = len(all)
	for i := range q.parameters {
		args = append(args, arguments{all, i})
	}
	rows, err := conn.Query(ctx, q.sql, args...)
	return &found{Rows: rows}, err
}

// arguments are those of all calls for a parameter, as an array.
type arguments struct {
	all       [][]any
	parameter int
}

// Dimensions implements [pgtype.ArrayGetter].
func (a arguments) Dimensions() []pgtype.ArrayDimension {
	return []pgtype.ArrayDimension{{Length: int32(max(len(a.all), arrayLength)), LowerBound: 1}} //nolint:gosec // 100 at most
}

// Index implements [pgtype.ArrayGetter].
func (a arguments) Index(i int) any {
	if i >= len(a.all) {
		return nil
	}
	return a.all[i][a.parameter]
}

// IndexType implements [pgtype.ArrayGetter]. They may be of several types.
func (a arguments) IndexType() any { return nil }

// found are the rows that an atOnce has found, of which nobody is to see the last column.
type found struct {
	pgx.Rows

	pieces pieces
}

// call returns which of the calls asked for the row.
func (f *found) call() int {
	values := f.Rows.RawValues()
	return int(binary.BigEndian.Uint64(values[len(values)-1])) - 1 //nolint:gosec // 1 for the first call, 100 at most
}

// FieldDescriptions implements [pgx.CollectableRow].
func (f *found) FieldDescriptions() []pgconn.FieldDescription {
	all := f.Rows.FieldDescriptions()
	return all[:len(all)-1]
}

// RawValues implements [pgx.CollectableRow].
func (f *found) RawValues() [][]byte {
	all := f.Rows.RawValues()
	return all[:len(all)-1]
}

// Scan implements [pgx.CollectableRow].
func (f *found) Scan(to ...any) error {
	if len(to) == 1 {
		if all, ok := to[0].(pgx.RowScanner); ok {
			return all.ScanRow(f)
		}
	}
	return f.Rows.Scan(append(slices.Clip(to), nil)...)
}

// Values implements [pgx.CollectableRow].
func (f *found) Values() ([]any, error) {
	all, err := f.Rows.Values()
	if err != nil {
		return nil, err
	}
	return all[:len(all)-1], nil
}
