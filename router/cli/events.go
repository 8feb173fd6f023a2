package cli

import "github.com/spf13/cobra"

func (p *process) events() *cobra.Command {
	c := &cobra.Command{Use: "events VERB", Short: "See events, and what becomes of them."}
	c.AddCommand(p.eventsLs(), p.eventsShow(), p.eventsRetry(), p.eventsDrop(), p.eventTypes())
	return c
}
