package ledger

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// columns are steps on their way into the database.
type columns struct {
	ids, names, ops []string
	nrs             []int32
	results         []*string
}

func columnsOf(steps []Step) columns {
	c := columns{ids: []string{}} // never null
	for _, s := range steps {
		c.ids, c.nrs = append(c.ids, clean(s.ID)), append(c.nrs, int32(s.Nr)) //nolint:gosec // Inngest stops runs at 1,000 steps
		c.names, c.ops = append(c.names, clean(s.Name)), append(c.ops, clean(s.Op))
		c.results = append(c.results, value(s.Result))
	}
	return c
}

// value returns JSON as a parameter, or nil for none.
func value(text json.RawMessage) *string {
	if len(text) == 0 {
		return nil
	}
	return new(clean(string(text)))
}

// clean returns the text without what PostgreSQL refuses in any.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}

// withoutUnfit does what writes JSON, and once more without that if the database cannot
// hold it: JSON that is nested too deeply must not stop a run.
func withoutUnfit(all []*string, write func() error) error {
	err := write()
	var said *pgconn.PgError
	if errors.As(err, &said) && (strings.HasPrefix(said.Code, "22") || strings.HasPrefix(said.Code, "54")) {
		clear(all)
		return write()
	}
	return err
}
