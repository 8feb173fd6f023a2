package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/snapshot"
)

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// of returns the name of what belongs to a table: "orders.note".
func of(t snapshot.Name, part string) string { return t.String() + "." + part }

func joined(statements []string) string { return strings.Join(statements, ";\n") }

// How fast a table is rewritten, at least, on a small machine; and for how long everybody
// may be stopped without a consent.
const (
	rewritten = 50 << 20 // bytes a second
	patience  = time.Second
)

// rewriting returns how long everybody waits who uses the table while it is rewritten, and
// says so.
func rewriting(t *snapshot.Table) (time.Duration, string) {
	takes := time.Duration(float64(t.Stats.Bytes) / rewritten * float64(time.Second))
	about := "less than 0.1 s"
	if takes >= 100*time.Millisecond {
		about = fmt.Sprintf("about %.1f s", takes.Seconds())
	}
	return takes, fmt.Sprintf("the table (%s, %s) is rewritten, and nobody can use it meanwhile: %s", size(t.Stats.Bytes), rows(t.Stats), about)
}

func rows(s snapshot.Stats) string {
	switch {
	case s.Rows > 0:
		return fmt.Sprintf("about %d rows", s.Rows)
	case s.HasRows:
		return "an unknown number of rows"
	}
	return "no rows"
}

func size(bytes int64) string {
	const unit = 1024
	value, units := float64(bytes), []string{"B", "kB", "MB", "GB", "TB"}
	for value >= unit && len(units) > 1 {
		value, units = value/unit, units[1:]
	}
	return fmt.Sprintf("%.3g %s", value, units[0])
}

// under returns a name for something that lives only while a migration goes on, and that
// the next one knows again: at most 63 bytes, as PostgreSQL's names are.
func under(prefix, name string) string {
	const longest = 63
	return cut(prefix+name, longest)
}

// cut shortens text to at most n bytes, between two characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xC0 == 0x80 { // in the middle of a character
		n--
	}
	return text[:n]
}

// Prefixes of such names.
const (
	filling  = "switchyard_fill_" // a check that is always true: the column is being filled
	checking = "switchyard_nn_"   // a check: the column becomes NOT NULL
	building = "switchyard_new_"  // an index that takes the place of another
)

// ours reports whether a migration that was interrupted left what has this name.
func ours(name string) bool {
	return strings.HasPrefix(name, filling) || strings.HasPrefix(name, checking) || strings.HasPrefix(name, building)
}
