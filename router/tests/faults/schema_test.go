package faults_test

import (
	"bufio"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// widened stands for a wider type of ware.n.
const widened = "int to bigint"

// schemaChanges are made one after the other: a name, and the HCL.
func schemaChanges() [][2]string {
	return [][2]string{
		{"a nullable column", "  column \"extra\" {\n    type = text\n    null = true\n  }\n"},
		{"a NOT NULL column with a default", "  column \"stock\" {\n    type    = int\n    default = 5\n  }\n"},
		{"a volatile default", "  column \"token\" {\n    type    = uuid\n    default = sql(\"gen_random_uuid()\")\n  }\n"},
		{"an index", "  index \"ware_n\" {\n    columns = [column.n]\n  }\n"},
		{"a unique constraint", "  unique \"ware_code\" {\n    columns = [column.code]\n  }\n"},
		{"a foreign key", "  foreign_key \"ware_kind\" {\n    columns     = [column.kind]\n    ref_columns = [table.kind.column.id]\n  }\n"},
		{"a check", "  check \"ware_positive\" {\n    expr = \"n > 0\"\n  }\n"},
		{widened, widened},
	}
}

// TestSchemaUnderLoad changes a table that others read and write all the time, while
// somebody keeps a transaction open that has used it.
func TestSchemaUnderLoad(t *testing.T) {
	t.Parallel()
	s := openShop(t, size.rows)
	var more []string
	for _, c := range schemaChanges() {
		more = append(more, c[1])
		s.wants(more...)
		end := s.busy()
		ended := s.inTheWay(size.open)
		began := time.Now()
		out, err := s.command().CombinedOutput()
		took := time.Since(began)
		<-ended
		waited := end()
		switch {
		case err != nil && c[1] == widened && strings.Contains(string(out), "--allow slow:ware.n"):
			t.Logf("%s: refused, as the table is big", c[0])
		case err != nil:
			t.Errorf("%s: %v\n%s", c[0], err, out)
		default:
			t.Logf("%s: done in %s, the slowest query of others took %s", c[0], took.Round(time.Millisecond), waited.Round(time.Millisecond))
			s.migrated("--plan", "--exit-code")
		}
		if waited > longest {
			t.Errorf("%s: a query of others took %s", c[0], waited)
		}
	}
	s.complete(size.rows)
}

// complete checks that no row and no update is lost.
func (s *shop) complete(rows int) {
	s.t.Helper()
	if got, want := s.count(`SELECT count(*) FROM ware`), int64(rows)+s.inserted.Load(); got != want {
		s.t.Errorf("there are %d rows, want %d", got, want)
	}
	if got, want := s.count(`SELECT sum(seen) FROM ware`), s.seen.Load(); got != want {
		s.t.Errorf("%d updates are there, want %d", got, want)
	}
	if n := s.count(`SELECT count(*) FROM pg_index WHERE NOT indisvalid`); n > 0 {
		s.t.Errorf("%d indexes are invalid", n)
	}
}

// TestMigrateKilled kills a migration where each of its statements begins, and in the
// middle of some: the next one goes on.
func TestMigrateKilled(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	s := openShop(t, rows)
	var more []string
	for _, c := range schemaChanges() {
		more = append(more, c[1])
	}
	s.wants(more...)
	end := s.busy()
	kills := 0
	for at := map[string]bool{}; s.killed(at, kills%3 < 2); kills++ {
	}
	end()
	t.Logf("killed %d times", kills)
	s.migrated("--verify")
	s.migrated("--plan", "--exit-code")
	s.complete(rows)
}

// killed starts a migration and kills it some time within its first statement, or between
// two: when one begins that is not in at, where it is noted then. It reports false if the
// migration ended before. That comes to be, however slow the machine is: a migration that
// is killed just before a statement is sent has done nothing new, but the next one is not
// killed there.
func (s *shop) killed(at map[string]bool, between bool) bool {
	s.t.Helper()
	cmd := s.command()
	out, err := cmd.StdoutPipe()
	must(s.t, err)
	var words strings.Builder
	cmd.Stderr = &words
	must(s.t, cmd.Start())
	begun := 0
	for lines := bufio.NewScanner(io.TeeReader(out, &words)); lines.Scan(); {
		statement := lines.Text()
		if !strings.HasSuffix(statement, ";") {
			continue
		}
		begun++
		switch {
		case !between:
			time.Sleep(rand.N(100 * time.Millisecond))
		case begun == 1 || at[statement]:
			continue
		default:
			at[statement] = true
		}
		must(s.t, cmd.Process.Kill())
		_ = cmd.Wait() // says that it was killed
		return true
	}
	if err := cmd.Wait(); err != nil {
		s.t.Fatalf("router migrate: %v\n%s", err, words.String())
	}
	return false
}
