package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"switchyard/router/internal/apart"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

type functionsCmd struct {
	JSON      bool
	Selection selection
}

func (p *process) functions() *cobra.Command {
	var c functionsCmd
	cmd := &cobra.Command{
		Use:   "functions",
		Short: "List the functions.",
		Long: `Lists what is in this binary, and where each function runs: in this process, apart in
one of its own, or elsewhere. Nothing is opened or started.

Examples:
  router functions --except 'pages/**'
  router functions --json | jq -r '.[] | select(.access == "public") | .name'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	cmd.Flags().BoolVar(&c.JSON, "json", false, "Print JSON, for programs.")
	c.Selection.flags(cmd)
	return cmd
}

// listing is a function as `router functions --json` shows it.
type listing struct {
	Name      string   `json:"name"`
	Kind      fn.Kind  `json:"kind"`
	Summary   string   `json:"summary,omitempty"`
	Route     string   `json:"route,omitempty"`
	Events    []string `json:"events,omitempty"`
	Sources   []source `json:"sources,omitempty"`
	Cron      string   `json:"cron,omitempty"`
	Access    string   `json:"access,omitempty"`
	Runs      string   `json:"runs"`                // here, apart in a group, or at a URL
	Timeout   string   `json:"timeout"`             // a Go duration
	MaxBody   int64    `json:"maxBody,omitempty"`   // bytes
	MaxAnswer int64    `json:"maxAnswer,omitempty"` // bytes
	Rate      *rate    `json:"rateLimit,omitempty"`
	Binding   *binding `json:"binding,omitempty"`
	Services  []string `json:"services"`
	Env       []string `json:"env"`
}

// rate is a bound on how often a client may call.
type rate struct {
	Limit int    `json:"limit"`
	Per   string `json:"per"` // a Go duration
	By    string `json:"by"`  // "caller" or "address"
	// Exact says that it is kept over all replicas, and not by each for itself.
	Exact bool `json:"exact"`
}

// binding is how an endpoint's Input is read and its Output written.
type binding struct {
	Compiled bool   `json:"compiled"`
	Why      string `json:"why,omitempty"` // it is not
}

// source is an event source of AWS that a job takes records from.
type source struct {
	Service string `json:"service"` // "SQS"
	Event   string `json:"event"`   // that its records become
	Filter  string `json:"filter,omitempty"`
}

// run lists the functions.
func (c functionsCmd) run(p *process) error {
	a, err := p.newApp(c.Selection)
	if err != nil {
		return err
	}
	groups, err := p.apartOf(a.Functions, nil)
	if err != nil {
		return err
	}
	elsewhere := config.Read[config.Placement](config.NewReader(p.Getenv)).Functions
	var all []listing
	for _, f := range a.Functions {
		l := list(f)
		if group := apart.Has(groups, f.Name); group != "" {
			l.Runs = "apart: " + group
		} else if at := elsewhere[f.Name]; at != nil {
			l.Runs = at.String()
		}
		all = append(all, l)
	}
	if c.JSON {
		return writeJSON(p.Out, all)
	}
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tKIND\tTRIGGER\tACCESS\tRUNS\tTIMEOUT\tMAX BODY\tRATE LIMIT\tSERVICES\tBINDING")
	for _, l := range all {
		trigger := l.Route + strings.Join(l.Events, ", ") + l.Cron
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Name, l.Kind, trigger,
			dash(l.Access), l.Runs, l.Timeout, bytesText(l.MaxBody), dash(l.Rate.String()), dash(strings.Join(l.Services, " ")), dash(l.Binding.String()))
	}
	return w.Flush()
}

func list(f function.Function) listing {
	info := f.Info()
	needs := function.Needs([]function.Function{f})
	l := listing{
		Name: f.Name, Kind: info.Kind, Summary: info.Summary, Runs: "here",
		Route: info.Route, Events: info.Events, Cron: info.Cron,
		Timeout: info.Timeout.String(), MaxBody: info.MaxBody, MaxAnswer: info.MaxAnswer,
		Services: append([]string{}, needs.Services()...),
		Env:      []string{},
	}
	for _, s := range info.Sources {
		l.Sources = append(l.Sources, source{s.Service(), s.Event(), s.Filter()})
	}
	if info.Route != "" {
		l.Access = info.Access.String()
	}
	if r := info.RateLimit; r.Limit > 0 {
		l.Rate = &rate{r.Limit, r.Per.String(), r.By.String(), f.Limits != nil}
	}
	if info.Kind == fn.KindEndpoint {
		l.Binding = &binding{f.Reflected == "", f.Reflected}
	}
	for _, use := range needs.Vars() {
		l.Env = append(l.Env, use.Name)
	}
	return l
}

// String returns the rate as people read it: "60 in 1m0s by caller".
func (r *rate) String() string {
	if r == nil {
		return ""
	}
	text := fmt.Sprintf("%d in %s by %s", r.Limit, r.Per, r.By)
	if !r.Exact {
		text += ", each replica"
	}
	return text
}

// String returns "compiled", or why it is not.
func (b *binding) String() string {
	switch {
	case b == nil:
		return ""
	case b.Compiled:
		return "compiled"
	}
	return "reflected: " + b.Why
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func bytesText(n int64) string {
	switch {
	case n == 0:
		return "-"
	case n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
