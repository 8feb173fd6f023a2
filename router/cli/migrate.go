package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"switchyard/internal/migrate"
	"switchyard/internal/schema"
	"switchyard/shared/bucket"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

type migrateCmd struct {
	Plan bool `help:"Only show what would be done."`
}

// Help implements kong.HelpProvider.
func (migrateCmd) Help() string {
	return `Compares the database with the schema in this binary: schema/schema.hcl, and the
schema.hcl of each service that a function needs. Applies the difference under a
lock; with nothing to do it changes nothing. What would lose data is refused. Also
lets browsers upload to the bucket (its CORS rule).

Then the jobs of this binary are asked whether they can carry on the runs that go on;
if not, the status is 1, unless JOBS_IN_FLIGHT is keep or continue. That needs the
jobs' environment, as serve does. See docs/releases.md.

Examples:
  router migrate --plan    show the SQL
  router migrate           apply it`
}

// Run implements the verb.
func (c migrateCmd) Run(p *world) error {
	a, err := p.newApp(selection{})
	if err != nil {
		return err
	}
	r := config.NewReader(p.Getenv)
	database, auth := config.Read[config.Database](r), config.Read[config.AuthNames](r)
	if err := r.Err(); err != nil {
		return err
	}
	if err := direct(p.Ctx, database); err != nil {
		return err
	}
	if c.Plan {
		result, err := migrate.Plan(p.Ctx, database.Direct(), schema.Source(p.of.Schema), migrate.Options{Log: p.ErrOut, Names: auth.Names})
		if err != nil {
			return err
		}
		p.printMigration(result, "planned")
		return nil
	}
	result, err := migrate.Apply(p.Ctx, database.Direct(), schema.Source(p.of.Schema), migrate.Options{Log: p.ErrOut, Names: auth.Names})
	if err != nil {
		return err
	}
	p.printMigration(result, "applied")
	if a.Uses("bucket") {
		p.allowUploads()
	}
	return p.admit(database)
}

// direct returns an error if the migration's lock would be somebody else's: a pooler hands
// connections out. A database that does not answer, the migration itself reports.
func direct(ctx context.Context, c config.Database) error {
	d, err := db.Open(ctx, c)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.CheckDirect(ctx); !fault.Is(err, fault.Unavailable) {
		return err
	}
	return nil
}

func (p *world) printMigration(result migrate.Result, done string) {
	file := ""
	for _, s := range result.Steps {
		if s.File != file {
			file = s.File
			fmt.Fprintf(p.Out, "-- %s\n", cmp.Or(file, "in no file"))
		}
		fmt.Fprintf(p.Out, "%s;\n", s.SQL)
	}
	took := result.Took.Round(time.Millisecond)
	if len(result.Steps) == 0 {
		fmt.Fprintf(p.Out, "The database is in step; nothing to do (%s).\n", took)
		return
	}
	fmt.Fprintf(p.Out, "%d statements %s in %s.\n", len(result.Steps), done, took)
}

// allowUploads gives the bucket the CORS rule that lets browsers send files to
// it. It only warns: the tables matter more, and an operator may have set the
// rule by hand with credentials that this program lacks.
func (p *world) allowUploads() {
	r := config.NewReader(p.Getenv)
	c := config.Read[config.Bucket](r)
	if r.Err() != nil {
		fmt.Fprintln(p.Out, "The bucket is not configured here; browsers can upload once this has run with its variables set (router env).")
		return
	}
	ctx, cancel := context.WithTimeout(p.Ctx, 10*time.Second)
	defer cancel()
	b, err := bucket.Open(ctx, c)
	if err == nil {
		err = b.AllowUploads(ctx)
	}
	if err != nil {
		fmt.Fprintf(p.ErrOut, "router: warning: the bucket's CORS rule could not be set, so browsers may not be able to upload: %v\n", err)
		return
	}
	fmt.Fprintln(p.Out, "Browsers may upload to the bucket.")
}
