package files

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
)

// way leads along an index through a user's files.
type way struct {
	index   []string // its columns, but for the id that it ends with
	back    bool     // towards newer files
	files   string   // which files it goes through: a condition of the index
	filters []string // which of them it takes: conditions of others
	args    []any
}

// way returns the one that begins at from. The index is that of status or of kind, if only
// such are asked for; if both are, that which has fewer of them: most files are ready.
//
// The queries say "ANY" of one owner and sort by it so that the index that begins with the
// owner is the only one in their order. Of an owner who is said to be equal to something,
// PostgreSQL knows that those files are sorted by id alone; it may then go through everybody's
// files by their id, until it has found enough.
func (q Query) way(from cursor) way {
	w := way{index: []string{"owner"}, back: from.back, args: []any{q.Owner, from.id}}
	w.files = "owner = ANY (ARRAY[$1::text]) AND id " + w.beyond() + " $2"
	indexed, looked := condition{"status", string(q.Status)}, condition{"kind", string(q.Kind)}
	if q.Kind != "" && (q.Status == "" || q.Status == Ready) {
		indexed, looked = looked, indexed
	}
	if indexed.value != "" {
		w.files += " AND " + indexed.column + " = " + w.arg(indexed.value)
		w.index = append(w.index, indexed.column)
	}
	if looked.value != "" {
		w.filters = append(w.filters, looked.column+" = "+w.arg(looked.value))
	}
	if words := patterns(q.Search); len(words) > 0 {
		w.filters = append(w.filters, "name ILIKE ALL ("+w.arg(words)+"::text[])")
	}
	return w
}

// condition is one of files with a value in a column; none if that is "".
type condition struct{ column, value string }

// arg adds an argument and returns how a query calls it.
func (w *way) arg(v any) string {
	w.args = append(w.args, v)
	return "$" + strconv.Itoa(len(w.args))
}

// beyond returns the operator of the ids that lie farther along the way than another.
func (w *way) beyond() string {
	if w.back {
		return ">"
	}
	return "<"
}

func (w *way) order() string {
	if w.back {
		return " ORDER BY " + strings.Join(w.index, " DESC, ") + " DESC, id"
	}
	return " ORDER BY " + strings.Join(w.index, ", ") + ", id DESC"
}

// stride is how many files a query looks at: few enough for PostgreSQL to follow the index, not
// to read all files and sort them.
const stride = 500

// find returns the query of the first n files on the way. After the columns of each is true.
// If files have to be looked at, it looks at no more than a stride; the last of these is the
// last row, with false, if there are as many. The limits are numbers, since PostgreSQL makes
// the plan by them. What is looked at comes in order, and is not sorted again.
func (w *way) find(n int) string {
	from, limit := " FROM file WHERE "+w.files+w.order(), " LIMIT "+strconv.Itoa(n)
	if len(w.filters) == 0 {
		return "SELECT " + columns + ", true" + from + limit
	}
	scan := strconv.Itoa(stride)
	found := "SELECT " + columns + ", true FROM (SELECT *" + from + " LIMIT " + scan + ") AS file WHERE " + strings.Join(w.filters, " AND ") + limit
	last := "SELECT " + columns + ", false FROM file WHERE id = (SELECT id" + from + " OFFSET " + scan + " - 1 LIMIT 1)"
	return "(" + found + ") UNION ALL (" + last + ")"
}

// read returns the first n files on the way; and the last one that it looked at, zero if
// there are no more.
func (s *Store) read(ctx context.Context, w way, n int) (files []File, end uuid.UUID, err error) {
	rows, err := s.db.Query(ctx, w.find(n), w.args...)
	if err != nil {
		return nil, end, err
	}
	files, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (File, error) {
		c := db.ColumnsOf(row)
		f := fileOf(&c)
		if found := c.Bool(); !found {
			end = f.ID
		}
		return f, c.Err()
	})
	if err == nil && end != uuid.Nil {
		files = files[:len(files)-1]
	}
	return files, end, err
}

// escapes are of the characters that mean something in a pattern.
var escapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`) //nolint:gochecknoglobals // a constant, were it no struct

// maxWords is how many words of a search count.
const maxWords = 8

// patterns returns the patterns of names that have each word of search in them.
func patterns(search string) []string {
	words := strings.Fields(search)
	words = words[:min(len(words), maxWords)]
	for i, word := range words {
		words[i] = "%" + escapes.Replace(word) + "%"
	}
	return words
}
