package cli

import (
	"fmt"
	"strings"

	"switchyard/internal/migrate"
	"switchyard/internal/migrate/snapshot"
	"switchyard/router/internal/tool"
)

// verify compares the database with the schema in full.
func (m *migration) verify() error {
	d, err := migrate.Verify(m.Ctx, m.database.Direct(), m.source, m.options)
	if err != nil {
		return err
	}
	if m.JSON {
		if err := writeJSON(m.Out, d); err != nil {
			return err
		}
	} else {
		fmt.Fprint(m.Out, describe(d))
	}
	if len(d.Missing) > 0 {
		return tool.StatusError(exitFailure)
	}
	return nil
}

// describe says how a database differs from the schema.
func describe(d snapshot.Difference) string {
	var b strings.Builder
	writeList(&b, "Missing:", texts(d.Missing))
	writeList(&b, "More than the schema says:", texts(d.More))
	if len(d.Missing) == 0 {
		b.WriteString("The database has all that the schema says.\n")
	} else {
		b.WriteString("router migrate --plan shows what would be done.\n")
	}
	return b.String()
}

func texts(findings []snapshot.Finding) []string {
	all := make([]string, len(findings))
	for i, f := range findings {
		all[i] = f.Text
	}
	return all
}
