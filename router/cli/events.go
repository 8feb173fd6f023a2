package cli

// eventsCmd are the verbs for events.
type eventsCmd struct {
	Ls    eventsLsCmd    `cmd:"" help:"List the events in the outbox."`
	Show  eventsShowCmd  `cmd:"" help:"Show an event: its data, its runs, and what went wrong."`
	Retry eventsRetryCmd `cmd:"" help:"Send events now, dead ones too."`
	Drop  eventsDropCmd  `cmd:"" help:"Delete events from the outbox."`
	Types eventTypesCmd  `cmd:"" help:"List the types of events: who publishes them, who listens."`
}
