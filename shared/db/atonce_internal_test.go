package db

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"
)

// TestNewAtOnce: parameters are replaced where they are some, and what cannot be read is left alone.
func TestNewAtOnce(t *testing.T) {
	t.Parallel()
	text, id := []uint32{pgtype.TextOID}, []uint32{pgtype.UUIDOID, pgtype.Int8OID}
	for name, c := range map[string]struct {
		sql        string
		parameters []uint32
		one        string // "" if there is no query for many
	}{
		"a parameter":            {`SELECT a FROM t WHERE b = $1`, text, `SELECT a FROM t WHERE b = switchyard_asked.switchyard_asked_1`},
		"two, one of them twice": {`SELECT $2 FROM t WHERE b IN ($1, $2::bigint)`, id, `SELECT switchyard_asked.switchyard_asked_2 FROM t WHERE b IN (switchyard_asked.switchyard_asked_1, switchyard_asked.switchyard_asked_2::bigint)`},
		"in other texts":         {`SELECT '$1', '''$1', "$1" FROM t WHERE b = $1 -- $1`, text, `SELECT '$1', '''$1', "$1" FROM t WHERE b = switchyard_asked.switchyard_asked_1 -- $1`},
		"a comment in a text":    {`SELECT '--' FROM t WHERE b = $1`, text, `SELECT '--' FROM t WHERE b = switchyard_asked.switchyard_asked_1`},
		"none":                   {`SELECT 1`, nil, ``},
		"an escape":              {`SELECT E'\'$1' FROM t WHERE b = $1`, text, ``},
		"dollar quotes":          {`SELECT $$ $1 $$ FROM t WHERE b = $1`, text, ``},
		"named dollar quotes":    {`SELECT $a$ $1 $a$ FROM t WHERE b = $1`, text, ``},
		"a dollar at the end":    {`SELECT a FROM t WHERE b = $1 -- $`, text, ``},
		"a name of ours":         {`SELECT Switchyard_Asked_i FROM t WHERE b = $1`, text, ``},
		"lines of another kind":  {"SELECT a -- '\r FROM t WHERE b = $1", text, "SELECT a -- '\r FROM t WHERE b = switchyard_asked.switchyard_asked_1"},
		"another comment":        {`SELECT /* ' */ a FROM t WHERE b = $1 -- '`, text, ``},
		"a type of the project":  {`SELECT a FROM t WHERE b = $1`, []uint32{firstOfUsers}, ``},
		"a type without arrays":  {`SELECT a FROM t WHERE b = $1`, []uint32{pgtype.TextArrayOID}, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newAtOnce(c.sql, c.parameters, pgtype.NewMap())
			_, one, _ := strings.Cut(q.sql, "SELECT * FROM (")
			one, _, _ = strings.Cut(one, "\n) AS one")
			if diff := cmp.Diff(c.one, one); diff != "" {
				t.Error(diff)
			}
			if c.one != "" && q.parameters != len(c.parameters) {
				t.Errorf("%d parameters", q.parameters)
			}
		})
	}
}

// TestAtOnceNamesTypes: what another schema calls text is not what is meant.
func TestAtOnceNamesTypes(t *testing.T) {
	t.Parallel()
	q := newAtOnce(`SELECT a FROM t WHERE b = $1 AND c = $2`, []uint32{pgtype.TextOID, pgtype.QCharOID}, pgtype.NewMap())
	if want := `unnest($2::pg_catalog."text"[], $3::pg_catalog."char"[]) WITH ORDINALITY AS switchyard_asked (switchyard_asked_1, switchyard_asked_2, switchyard_asked_i)`; !strings.Contains(q.sql, want) {
		t.Errorf("got %s\nwant %s", q.sql, want)
	}
}
