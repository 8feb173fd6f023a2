package cli

import (
	"cmp"
	"fmt"
	"strings"

	"switchyard/internal/migrate"
	"switchyard/internal/schema"
)

// projectSchema is the folder of a project's own schema, in its top folder.
const projectSchema = "schema"

// adopt writes the schema's files from the database: into the folder of --schema all of
// it, else into the project's what its services do not have.
func (m *migration) adopt() error {
	var services schema.Source
	if m.Schema == "" {
		var files []schema.File
		for _, f := range m.source.Files() {
			if !strings.HasPrefix(f.Name, projectSchema+"/") {
				files = append(files, f)
			}
		}
		services = schema.Join(files)
	}
	dir := cmp.Or(m.Schema, projectSchema)
	r, err := migrate.Adopt(m.Ctx, m.database.Direct(), services, dir, m.options)
	if err != nil {
		return err
	}
	writeList(m.Out, "Recognised:", r.Recognised)
	writeList(m.Out, "Left alone:", r.Left)
	writeList(m.Out, "Other than the services need it; router migrate --plan shows the change:", r.Differs)
	writeList(m.Out, "Written:", r.Wrote)
	next := "router migrate --plan --schema " + dir
	if m.Schema == "" {
		next = "go generate ./... && go run ./router migrate --plan"
	}
	_, err = fmt.Fprintf(m.Out, "Next: %s\n", next)
	return err
}
