package app

import (
	"context"
	"log/slog"
)

// SchemaConfig configures how the tables are watched.
type SchemaConfig struct {
	App *App // open
	// Build names what the program was built from.
	Build string
	// Frozen says that nothing runs between two calls, as on AWS Lambda.
	Frozen bool
	Logger *slog.Logger
}

// Schema watches the tables of an app: it says whether they are as the release expects, and lets
// migrations know that the release runs.
type Schema struct {
	Ready   func(context.Context) error // fault.Unavailable if they are not
	Run     func(context.Context)       // until ctx ends; not of one that is frozen
	Say     func(context.Context)       // in place of Run: at every call
	Counted any                         // what may have metrics
}

// mindSchema returns what minds the app's tables; nil if it has no database.
func (a *App) mindSchema(c SchemaConfig) (*Schema, error) {
	if a.parts.Schema == nil || !a.Uses("db") {
		return nil, nil
	}
	c.App = a
	return a.parts.Schema(c)
}

// track says at the end of each call on AWS Lambda that the release lives.
func (s *Schema) track() func(context.Context) error {
	return func(ctx context.Context) error {
		s.Say(ctx)
		return nil
	}
}
