package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"switchyard/internal/migrate"
	"switchyard/internal/migrate/plan"
	"switchyard/internal/migrate/release"
	"switchyard/internal/schema"
	"switchyard/router/internal/app"
	"switchyard/router/internal/tool"
	"switchyard/shared/bucket"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

type migrateCmd struct {
	Plan     bool
	SQL      bool
	Verify   bool
	History  bool
	Adopt    bool
	JSON     bool
	ExitCode bool
	Limit    int

	Allow          consents
	Schema         string // a folder
	CancelBlockers bool
	// Development is for router dev: there is one user, and no release but this one.
	Development bool
}

func (p *process) migrate() *cobra.Command {
	var c migrateCmd
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database in step with the schema.",
		Long: `Compares the database with the schema in this binary: schema/*.hcl and schema/sql, and
the schema.hcl of each service that a function needs. Applies the difference under a lock,
each statement so that nobody waits for it; with nothing to do it changes nothing. What
would lose data, or break a release that runs, is refused until it is allowed by its name.
Also lets browsers upload to the bucket (its CORS rule).

Then the jobs of this binary are asked whether they can carry on the runs that go on;
if not, the status is 1, unless JOBS_IN_FLIGHT is keep or continue. That needs the
jobs' environment, as serve does. See docs/releases.md. With --schema both are left out,
and only DATABASE_URL is needed.

The schema is tried in a database that is made for a moment; for a role that may not
create one, set SCRATCH_DATABASE_URL to the address of an empty database.

Examples:
  router migrate --plan                      show the SQL, and what it means
  router migrate                             apply it
  router migrate --allow drop:orders.note    and let this column go
  router migrate --sql > plan.sql            for who applies it by hand
  router migrate --plan --exit-code          for a pipeline: is there something to do?
  router migrate --schema ./tables --plan    try a schema without building
  router migrate --history --limit 3`,
		Args:    cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return c.check(cmd.Flags().Changed("limit")) },
		RunE:    func(*cobra.Command, []string) error { return c.run(p) },
	}
	c.flags(cmd.Flags())
	return cmd
}

func (c *migrateCmd) flags(f *pflag.FlagSet) {
	f.BoolVar(&c.Plan, "plan", false, "Show what would be done, and do nothing.")
	f.BoolVar(&c.SQL, "sql", false, "Print what would be done as a file for psql, and do nothing.")
	f.BoolVar(&c.Verify, "verify", false, "Compare the database with the schema in full. The status is 1 if something is missing.")
	f.BoolVar(&c.History, "history", false, "List the migrations of the database, the latest first.")
	f.BoolVar(&c.Adopt, "adopt", false, "Write the schema's files from what the database holds.")
	f.BoolVar(&c.JSON, "json", false, "Print JSON, for programs.")
	f.BoolVar(&c.ExitCode, "exit-code", false, "With --plan: the status is 2 if there is something to do.")
	f.IntVar(&c.Limit, "limit", defaultHistory, "With --history: at most `N` migrations.")
	f.Var(&c.Allow, "allow", "Consent to one change that is refused without: the refusal prints the words. May be given several times.")
	f.StringVar(&c.Schema, "schema", "", "The folder `DIR` of a schema, in place of the one in this binary: DIR/*.hcl and DIR/sql/NNN_name.sql.")
	f.BoolVar(&c.CancelBlockers, "cancel-blockers", false, "Cancel what others do if it is in the way for more than 10 seconds. Without this flag nobody's work is ever cancelled.")
	f.BoolVar(&c.Development, "development", false, "Consent to all that loses no data.")
	_ = f.MarkHidden("development") // it is there
}

// modes are the flags of which one at most is given.
func (c migrateCmd) modes() (given []string) {
	for _, m := range []struct {
		flag string
		is   bool
	}{
		{"--plan", c.Plan}, {"--sql", c.SQL}, {"--verify", c.Verify}, {"--history", c.History}, {"--adopt", c.Adopt},
	} {
		if m.is {
			given = append(given, m.flag)
		}
	}
	return given
}

// check says what is wrong with the flags. Limited tells whether --limit is among them.
func (c migrateCmd) check(limited bool) error {
	modes := c.modes()
	if len(modes) > 1 {
		return fmt.Errorf("%s and %s are different tasks: give one of them", modes[0], modes[1])
	}
	mode := slices.Concat(modes, []string{""})[0]
	for _, rule := range []struct {
		given bool
		flag  string
		with  []string // the tasks that know it; "" is to migrate
		where string
	}{
		{c.JSON, "--json", []string{"", "--plan", "--verify", "--history"}, "it prints a plan, a migration, --verify or --history for programs"},
		{c.ExitCode, "--exit-code", []string{"--plan"}, "it is for --plan"},
		{limited, "--limit", []string{"--history"}, "it is for --history"},
		{len(c.Allow) > 0, "--allow", []string{"", "--plan", "--sql"}, "it is for migrating, --plan and --sql"},
		{c.CancelBlockers, "--cancel-blockers", []string{""}, "it is for migrating, and nothing else waits for others"},
	} {
		if rule.given && !slices.Contains(rule.with, mode) {
			if mode == "" {
				return fmt.Errorf("%s does not go alone: %s", rule.flag, rule.where)
			}
			return fmt.Errorf("%s does not go with %s: %s", rule.flag, mode, rule.where)
		}
	}
	return atLeastOne(c.Limit)
}

// migration is what a migration works on.
type migration struct {
	*process
	migrateCmd
	database config.Database
	source   schema.Source
	options  migrate.Options
}

// run does the task that is given.
func (c migrateCmd) run(p *process) error {
	m, err := c.open(p)
	if err != nil {
		return err
	}
	switch {
	case c.Plan, c.SQL:
		return m.plan()
	case c.Verify:
		return m.verify()
	case c.History:
		return m.history()
	case c.Adopt:
		return m.adopt()
	}
	return m.apply()
}

// open reads the environment and the schema, and makes sure that the database is reached
// without a pooler.
func (c migrateCmd) open(p *process) (*migration, error) {
	m := &migration{process: p, migrateCmd: c, source: schema.Source(p.of.Schema)}
	r := config.NewReader(p.Getenv)
	m.database = config.Read[config.Database](r)
	settings, auth := config.Read[config.Migration](r), config.Read[config.AuthNames](r)
	if err := r.Err(); err != nil {
		return nil, err
	}
	if c.Schema != "" && !c.Adopt {
		var err error
		if m.source, err = schema.ReadDir(c.Schema); err != nil {
			return nil, err
		}
	}
	name := release.Name(settings.Deployment, app.VersionOf(p.Getenv).Long, m.source.Digest(), p.of.Uses)
	m.options = migrate.Options{
		Log: p.ErrOut, Scratch: settings.Scratch.Reveal(), Cancel: c.CancelBlockers, Names: auth.Names,
		Release: release.Release{ID: name, Digest: m.source.Digest()}, Allow: c.Allow,
	}
	return m, m.direct()
}

// direct returns an error if the migration's lock would be somebody else's: a pooler hands
// connections out. A database that does not answer, the migration itself reports.
func (m *migration) direct() error {
	return m.withDatabase(func(d *db.DB) error {
		if err := d.CheckDirect(m.Ctx); !fault.Is(err, fault.Unavailable) {
			return err
		}
		return nil
	})
}

func (m *migration) withDatabase(do func(*db.DB) error) error {
	d, err := db.Open(m.Ctx, m.database)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return do(d)
}

// plan shows what there is to do.
func (m *migration) plan() error {
	r, err := migrate.Plan(m.Ctx, m.database.Direct(), m.source, m.options)
	if err != nil {
		return err
	}
	switch {
	case m.SQL:
		if refused := (plan.Plan{Steps: r.Steps}).Refused(); len(refused) > 0 {
			return &migrate.RefusedError{Steps: refused}
		}
		return writeScript(m.Out, r.Steps, m.source.Digest(), r.Expected)
	case m.JSON:
		err = writeJSON(m.Out, listSteps(r.Steps))
	default:
		err = writePlan(m.Out, r)
	}
	if err == nil && m.ExitCode && len(r.Steps) > 0 {
		return tool.StatusError(exitToDo)
	}
	return err
}

// apply migrates. Statements are shown as they run.
func (m *migration) apply() error {
	if !m.JSON {
		m.options.Log = m.Out
	}
	r, err := migrate.Apply(m.Ctx, m.database.Direct(), m.source, m.options)
	if more := unlessLosing(err); m.Development && more != nil {
		m.options.Allow = append(m.options.Allow, more...)
		r, err = migrate.Apply(m.Ctx, m.database.Direct(), m.source, m.options)
	}
	if m.JSON {
		if err := writeJSON(m.Out, listSteps(r.Steps)); err != nil {
			return err
		}
	}
	if err != nil {
		return m.inDevelopment(err)
	}
	if !m.JSON {
		writeApplied(m.Out, r)
	}
	if m.Schema != "" {
		return nil
	}
	return m.release()
}

// release prepares what a release of this binary needs beside its tables.
func (m *migration) release() error {
	a, err := m.newApp(selection{})
	if err != nil {
		return err
	}
	if a.Uses("bucket") {
		m.allowUploads()
	}
	return m.admit(m.database)
}

// allowUploads gives the bucket the CORS rule that lets browsers send files to
// it. It only warns: the tables matter more, and an operator may have set the
// rule by hand with credentials that this program lacks.
func (p *process) allowUploads() {
	r := config.NewReader(p.Getenv)
	c := config.Read[config.Bucket](r)
	if r.Err() != nil {
		fmt.Fprintln(p.ErrOut, "The bucket is not configured here; browsers can upload once this has run with its variables set (router env).")
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
	fmt.Fprintln(p.ErrOut, "Browsers may upload to the bucket.")
}
