package snapshot_test

import (
	"testing"

	"switchyard/internal/migrate/snapshot"
	"switchyard/shared/db/dbtest"
)

func TestStat(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	other := connect(t, url, `
		CREATE TABLE empty (id int);
		CREATE TABLE emptied (id int); INSERT INTO emptied SELECT generate_series(1, 9); ANALYZE emptied; DELETE FROM emptied;
		CREATE TABLE "Some'rows" (id int); INSERT INTO "Some'rows" SELECT generate_series(1, 1000); ANALYZE "Some'rows";
		CREATE TABLE hidden (id int); INSERT INTO hidden VALUES (1);
		ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; ALTER TABLE hidden FORCE ROW LEVEL SECURITY;
		CREATE TABLE divided (id int) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF divided DEFAULT; INSERT INTO divided VALUES (1);
		CREATE TABLE locked (id int); ANALYZE locked;
		CREATE ROLE stats_reader; GRANT SELECT ON ALL TABLES IN SCHEMA public TO stats_reader;
		CREATE TABLE forbidden (id int)`)
	if _, err := other.Exec(t.Context(), `BEGIN; LOCK TABLE locked`); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, url, `SET ROLE stats_reader`)
	s := read(t, conn, "public")
	if err := snapshot.Stat(t.Context(), conn, &s); err != nil {
		t.Fatal(err)
	}
	for name, hasRows := range map[string]bool{
		"empty": false, "emptied": false, "Some'rows": true, "hidden": true, "divided": true, "locked": true, "forbidden": true,
	} {
		if got := s.Table(snapshot.Name{Schema: "public", Name: name}).Stats; got.HasRows != hasRows {
			t.Errorf("%s: got %+v, want HasRows %v", name, got, hasRows)
		}
	}
	if got := s.Table(snapshot.Name{Schema: "public", Name: "Some'rows"}).Stats; got.Rows != 1000 || got.Bytes < 8192 {
		t.Errorf("got %+v, want 1000 rows in some bytes", got)
	}
	if got := s.Table(snapshot.Name{Schema: "public", Name: "divided"}).Stats; got.Bytes < 8192 {
		t.Errorf("got %+v, want the bytes of the partition", got)
	}
	if _, err := other.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
}
