package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"switchyard/internal/migrate"
	"switchyard/internal/schema/schematest"
	"switchyard/shared/db/dbtest"
)

// A database may have settings for its other users.
func TestSettingsOfTheDatabase(t *testing.T) {
	t.Parallel()
	at := dbtest.Empty(t)
	conn := connect(t, at)
	name := value[string](t, conn, `SELECT current_database()`)
	set := func(what string) { exec(t, conn, fmt.Sprintf(`ALTER DATABASE %s %s`, name, what)) }
	set(`SET standard_conforming_strings = off`)
	// A second is enough to lift the limit, however busy the machine is, and not for this file.
	set(`SET statement_timeout = '1s'`)
	apply(t, at, withSQL(schematest.Table("a", ""), "010_slow.sql", "DO $$ BEGIN PERFORM pg_sleep(1.5); END $$;\n"))

	set(`SET default_transaction_read_only = on`)
	for what, err := range map[string]error{
		"plan":  errOf(migrate.Plan(t.Context(), at, schematest.Desired(), migrate.Options{})),
		"apply": errOf(migrate.Apply(t.Context(), at, schematest.Desired(), migrate.Options{})),
	} {
		if err == nil || !strings.Contains(err.Error(), "RESET default_transaction_read_only") {
			t.Errorf("%s: got %v, want what to do", what, err)
		}
	}
}

func errOf(_ migrate.Result, err error) error { return err }
