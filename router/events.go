package main

// eventsCmd are the verbs for events.
type eventsCmd struct {
	Types eventTypesCmd `cmd:"" help:"List the types of events: who publishes them, who listens."`
}
