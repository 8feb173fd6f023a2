package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"switchyard/router/internal/app"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
)

type envCmd struct {
	JSON      bool
	Selection selection
}

func (p *process) env() *cobra.Command {
	var c envCmd
	cmd := &cobra.Command{
		Use:   "env",
		Short: "List the environment variables, who needs them, and which are set.",
		Long: `Shows every variable that this binary knows, what it is for, which functions
need it, and whether it is set. Secrets are never shown. With --only or --except it
is about a process that is started with the same flags.

Examples:
  router env | grep MISSING
  router env --only 'jobs/**'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	cmd.Flags().BoolVar(&c.JSON, "json", false, "Print JSON, for programs.")
	c.Selection.flags(cmd)
	return cmd
}

// variable is one line of the listing.
type variable struct {
	Name     string   `json:"name"`
	Use      string   `json:"use"`
	State    string   `json:"state"`             // set, default, unset, MISSING or MALFORMED
	Value    string   `json:"value,omitempty"`   // never that of a secret
	SetAs    string   `json:"setAs,omitempty"`   // the other name it was found under
	Also     []string `json:"also,omitempty"`    // other names it may have
	Default  string   `json:"default,omitempty"` // its value if not set
	NeededBy []string `json:"neededBy"`
}

// run lists the variables.
func (c envCmd) run(p *process) error {
	a, err := p.newApp(c.Selection)
	if err != nil {
		return err
	}
	variables := variables(a, p)
	if c.JSON {
		return writeJSON(p.Out, variables)
	}
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSTATE\tVALUE\tNEEDED BY\tUSE")
	for _, v := range variables {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", v.Name, v.State, dash(v.Value), neededBy(v.NeededBy), v.Use)
	}
	return w.Flush()
}

// variables lists the variables that the app needs, and then those that it knows
// but nobody asks for.
func variables(a *app.App, p *process) []variable {
	r := config.NewReader(p.Getenv)
	wrong := map[string]bool{} // by the name it was found under
	a.Needs.Add("router", service.NewEnv[config.Apart]())
	a.Needs.Read(r)
	if incomplete, ok := errors.AsType[*config.Error](r.Err()); ok {
		for _, problem := range incomplete.Problems {
			wrong[problem.Name] = true
		}
	}
	var all []variable
	for _, use := range a.Needs.Vars() {
		all = append(all, newVariable(r, use, wrong))
	}
	unused := service.NewSet()
	unused.Add("", service.NewEnv[config.Auth](), a.Jobs, a.Database, service.NewEnv[config.Migration](), service.NewEnv[config.Bucket](), service.NewEnv[config.Events](), service.NewEnv[config.Remote]())
	for _, use := range unused.Vars() {
		if !slices.ContainsFunc(all, func(v variable) bool { return v.Name == use.Name }) {
			use.By = []string{}
			all = append(all, newVariable(r, use, wrong))
		}
	}
	return all
}

func newVariable(r *config.Reader, use service.Use, wrong map[string]bool) variable {
	v := variable{
		Name: use.Name, Use: use.Use, Also: use.Also, Default: use.Default, NeededBy: use.By,
	}
	value, name := r.Lookup(use.Var)
	if name != use.Name {
		v.SetAs = name
	}
	switch {
	case wrong[use.Name] && value == "":
		v.State = "MISSING"
	case wrong[name]:
		v.State = "MALFORMED"
	case value != "":
		v.State = "set"
	case use.Default != "":
		v.State, value = "default", use.Default
	default:
		v.State = "unset"
	}
	if v.Value = value; use.Secret && value != "" {
		v.Value = config.Secret("").String()
	}
	return v
}

// neededBy shortens a long list of functions.
func neededBy(names []string) string {
	const shown = 2
	if len(names) <= shown {
		return dash(strings.Join(names, ", "))
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
