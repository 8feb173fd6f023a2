package files

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
)

// The lists take the indexes that were made for them, however few owners there are, with the
// plan that PostgreSQL makes for all arguments: without statistics of these. None sorts.
func TestPlansOfLists(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	conn, err := d.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
		SELECT 'u' || n, '', 'u' || n, true, now(), now() FROM generate_series(1, 200) AS n`)
	exec(`SET plan_cache_mode = force_generic_plan`)
	lists := prepareLists(exec)
	for name, owner := range map[string]string{"one owner": `'u1'`, "two owners": `'u' || 1 + (n % 100 = 0)::int`, "many owners": `'u' || 1 + n % 200`} {
		exec(`TRUNCATE file CASCADE`)
		exec(`INSERT INTO file (id, owner, name, size, status, type) SELECT lpad(to_hex(n), 32, '0')::uuid, ` + owner + `, 'a file', 1,
			CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'ready' END, CASE WHEN n % 20 = 0 THEN 'video/mp4' ELSE 'image/png' END
			FROM generate_series(1, 10000) AS n`)
		exec(`ANALYZE file`)
		for _, l := range lists {
			plan := explain(t, conn, l.call)
			// Of an owner with few files it may take all of them from the index, and sort them.
			few := name == "many owners" && strings.Contains(plan, "Scan on "+l.index+" ")
			taken := strings.Contains(plan, "using "+l.index+" on file ") && !strings.Contains(plan, "Sort")
			if !taken && !few || !strings.Contains(plan, "$1") || l.query.Search == "" && strings.Contains(plan, "Filter") {
				t.Errorf("%s: the plan of %s is\n%s", name, l.call, plan)
			}
		}
	}
}

type prepared struct {
	query Query
	call  string
	index string
}

// prepareLists prepares the queries of lists, forth and back.
func prepareLists(exec func(sql string)) (lists []prepared) {
	for i, l := range []prepared{
		{Query{}, "", "file_owner"},
		{Query{Status: Uploading}, ", 'uploading'", "file_owner_status"},
		{Query{Kind: Video}, ", 'video'", "file_owner_kind"},
		{Query{Search: "x"}, ", '{%x%}'", "file_owner"},
		{Query{Search: "x", Kind: Video}, ", 'video', '{%x%}'", "file_owner_kind"},
		{Query{Search: "x", Kind: Video, Status: Ready}, ", 'video', 'ready', '{%x%}'", "file_owner_kind"},
		{Query{Search: "x", Kind: Video, Status: Failed}, ", 'failed', 'video', '{%x%}'", "file_owner_status"},
	} {
		for _, from := range []cursor{{id: uuid.Max}, {back: true}} {
			w := l.query.way(from)
			name := fmt.Sprintf("list_%d_%t", i, w.back)
			exec(`PREPARE ` + name + ` AS ` + w.find(DefaultLimit+1))
			lists = append(lists, prepared{l.query, name + `('u1', '` + from.id.String() + `'` + l.call + `)`, l.index})
		}
	}
	return lists
}

func explain(t *testing.T, q db.Querier, query string) string {
	t.Helper()
	rows, err := q.Query(t.Context(), `EXPLAIN EXECUTE `+query, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
