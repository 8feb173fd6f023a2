package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"

	"switchyard/internal/migrate/plan"
	"switchyard/internal/migrate/record"
	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
)

const scriptHead = `-- What router migrate would do, for the schema %s: psql "$DATABASE_URL" -f FILE
-- It ends at the first statement that fails; then print a new file, which has the rest.
-- At its end it notes that all was applied, so that the program is content.
\set ON_ERROR_STOP on
SET lock_timeout = '3s';

`

// writeScript writes the steps as a file for psql, with the transactions in which the
// router would run them, and the record that it would write; expected is what the database
// holds then.
func writeScript(w io.Writer, steps []plan.Step, digest string, expected snapshot.Snapshot) error {
	text, err := json.Marshal(expected)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, scriptHead, digest[:min(len(digest), 12)])
	b.WriteString("-- The record of migrations.\n" + record.SQL() + "\n" + release.CreateTable + ";\n\n")
	if len(steps) == 0 {
		b.WriteString("-- There is nothing to do.\n")
	}
	for i := 0; i < len(steps); {
		n := together(steps[i:])
		writeTransaction(&b, steps[i:i+n])
		i += n
	}
	var statements []string
	for _, s := range steps {
		statements = append(statements, s.SQL)
	}
	b.WriteString("-- All is done: it is recorded.\n" + record.AppliedSQL(digest, statements, text) + "\n")
	_, err = io.WriteString(w, b.String())
	return err
}

// together returns how many of the steps share a transaction with the first.
func together(steps []plan.Step) int {
	n := 1
	for steps[0].Group != 0 && n < len(steps) && steps[n].Group == steps[0].Group {
		n++
	}
	return n
}

func writeTransaction(b *strings.Builder, steps []plan.Step) {
	first := steps[0]
	if first.File != "" {
		fmt.Fprintf(b, "-- %s\n", first.File)
	}
	switch {
	case first.Script != nil && first.Script.Repeat:
		b.WriteString(remark(first))
		for _, sql := range first.Script.Statements {
			b.WriteString(repeated(sql))
		}
		b.WriteString(ran(first))
	case first.Script != nil:
		b.WriteString(remark(first) + "BEGIN;\n")
		for _, sql := range first.Script.Statements {
			b.WriteString(ended(sql) + "\n")
		}
		b.WriteString(ran(first) + "COMMIT;\n")
	case first.Batch != nil:
		b.WriteString(remark(first) + filled(first))
	case first.Way != plan.Once || len(steps) == 1:
		b.WriteString(remark(first) + sqlOf(first) + "\n")
	default:
		b.WriteString("BEGIN;\n")
		for _, s := range steps {
			b.WriteString(remark(s) + sqlOf(s) + "\n")
		}
		b.WriteString("COMMIT;\n")
	}
	b.WriteString("\n")
}

// repeated returns what runs a statement until it changes no row, in a transaction each.
func repeated(sql string) string {
	return fmt.Sprintf(`DO $switchyard$
DECLARE changed bigint;
BEGIN
	LOOP
%s
		GET DIAGNOSTICS changed = ROW_COUNT;
		COMMIT;
		EXIT WHEN changed = 0;
	END LOOP;
END $switchyard$;
`, ended(sql))
}

// filled returns what fills a table, or its partitions, a range of pages in a transaction
// each, and then the rows that others have moved meanwhile.
func filled(s plan.Step) string {
	return fmt.Sprintf(`DO $switchyard$
DECLARE
	next_page_ bigint := 0;
	last_page_ bigint := (SELECT max(pg_relation_size(id)) / current_setting('block_size')::bigint
		FROM (SELECT '%[1]s'::regclass UNION SELECT relid FROM pg_partition_tree('%[1]s')) AS part(id));
BEGIN
	WHILE next_page_ <= last_page_ LOOP
		UPDATE %[2]s SET %[3]s WHERE (%[4]s)
			AND ctid >= format('(%%s,0)', next_page_)::tid AND ctid < format('(%%s,0)', next_page_ + 64)::tid;
		COMMIT;
		next_page_ := next_page_ + 64;
	END LOOP;
END $switchyard$;
%[5]s
`, strings.ReplaceAll(s.Batch.Table, "'", "''"), s.Batch.Table, s.Batch.Set, s.Batch.Where, sqlOf(s))
}

// ran returns what notes that the SQL file of a step ran.
func ran(s plan.Step) string {
	return record.ScriptSQL(path.Base(s.File), s.Script.Digest) + "\n"
}
