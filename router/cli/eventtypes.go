package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"switchyard/shared/events"
)

type eventTypesCmd struct{ JSON bool }

func (p *process) eventTypes() *cobra.Command {
	var c eventTypesCmd
	cmd := &cobra.Command{
		Use:   "types",
		Short: "List the types of events: who publishes them, who listens.",
		Long: `Lists what is in this binary, as the source says it: which Go type an event's data
has, who may send it from outside, which functions and services publish it, which
jobs run on it, and which have runs that it stops. Nothing is opened or started.

Example:
  router events types --json | jq -r '.[] | select(.outside != []) | .name'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	cmd.Flags().BoolVar(&c.JSON, "json", false, "Print JSON, for programs.")
	return cmd
}

// eventType is a type of events as `router events types --json` shows it.
type eventType struct {
	Name       string   `json:"name"`
	Type       string   `json:"type,omitempty"` // in Go, with the path of its package
	Outside    []string `json:"outside"`        // machines, webhooks, SQS, S3 and so on: who may send it
	Publishers []string `json:"publishers"`     // functions, and packages of shared/
	Listeners  []string `json:"listeners"`      // jobs that run on it
	Cancels    []string `json:"cancels"`        // jobs whose runs it stops
}

// run lists the types.
func (c eventTypesCmd) run(p *process) error {
	all := []eventType{}
	for _, t := range p.of.Events {
		all = append(all, newEventType(t))
	}
	if c.JSON {
		return writeJSON(p.Out, all)
	}
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tTYPE\tOUTSIDE\tPUBLISHED BY\tRUNS\tSTOPS")
	list := func(names []string) string { return dash(strings.Join(names, ", ")) }
	for _, t := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", t.Name, dash(t.Type[strings.LastIndex(t.Type, "/")+1:]),
			list(t.Outside), list(t.Publishers), list(t.Listeners), list(t.Cancels))
	}
	return w.Flush()
}

func newEventType(t events.Type) eventType {
	l := eventType{
		Name: t.Name, Outside: []string{}, Publishers: append([]string{}, t.Publishers...),
		Listeners: append([]string{}, t.Listeners...), Cancels: append([]string{}, t.Cancels...),
	}
	if t.Data != nil {
		l.Type = t.Data.PkgPath() + "." + t.Data.Name()
	}
	if t.Machines() {
		l.Outside = append(l.Outside, "machines")
	}
	if t.Webhooks() {
		l.Outside = append(l.Outside, "webhooks")
	}
	l.Outside = append(l.Outside, t.Sources...)
	return l
}
