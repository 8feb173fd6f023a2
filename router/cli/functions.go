package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

type functionsCmd struct {
	JSON      bool      `name:"json" help:"Print JSON, for programs."`
	Selection selection `embed:""`
}

// Help implements kong.HelpProvider.
func (functionsCmd) Help() string {
	return `Lists what is in this binary. Nothing is opened or started.

Examples:
  router functions --except 'pages/**'
  router functions --json | jq -r '.[] | select(.access == "public") | .name'`
}

// listing is a function as `router functions --json` shows it.
type listing struct {
	Name     string   `json:"name"`
	Kind     fn.Kind  `json:"kind"`
	Summary  string   `json:"summary,omitempty"`
	Route    string   `json:"route,omitempty"`
	Events   []string `json:"events,omitempty"`
	Sources  []source `json:"sources,omitempty"`
	Cron     string   `json:"cron,omitempty"`
	Access   string   `json:"access,omitempty"`
	Timeout  string   `json:"timeout"`           // a Go duration
	MaxBody  int64    `json:"maxBody,omitempty"` // bytes
	Services []string `json:"services"`
	Env      []string `json:"env"`
}

// source is an event source of AWS that a job takes records from.
type source struct {
	Service string `json:"service"` // "SQS"
	Event   string `json:"event"`   // that its records become
	Filter  string `json:"filter,omitempty"`
}

// Run implements the verb.
func (c functionsCmd) Run(p *world) error {
	a, err := p.newApp(c.Selection)
	if err != nil {
		return err
	}
	var all []listing
	for _, f := range a.Functions {
		all = append(all, list(f))
	}
	if c.JSON {
		return writeJSON(p.Out, all)
	}
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tKIND\tTRIGGER\tACCESS\tTIMEOUT\tMAX BODY\tSERVICES")
	for _, l := range all {
		trigger := l.Route + strings.Join(l.Events, ", ") + l.Cron
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Name, l.Kind, trigger,
			dash(l.Access), l.Timeout, bytesText(l.MaxBody), dash(strings.Join(l.Services, " ")))
	}
	return w.Flush()
}

func list(f function.Function) listing {
	info := f.Info()
	needs := function.Needs([]function.Function{f})
	l := listing{
		Name: f.Name, Kind: info.Kind, Summary: info.Summary,
		Route: info.Route, Events: info.Events, Cron: info.Cron,
		Timeout: info.Timeout.String(), MaxBody: info.MaxBody,
		Services: append([]string{}, needs.Services()...),
		Env:      []string{},
	}
	for _, s := range info.Sources {
		l.Sources = append(l.Sources, source{s.Service(), s.Event(), s.Filter()})
	}
	if info.Route != "" {
		l.Access = info.Access.String()
	}
	for _, use := range needs.Vars() {
		l.Env = append(l.Env, use.Name)
	}
	return l
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
