// Package deleteinfected deletes files in which the virus scanner has found something.
package deleteinfected

import (
	"context"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/events"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

var Spec = fn.Job{
	Events:  []string{files.EventInfected},
	Summary: "Delete a file in which the virus scanner has found something",
}

// Function deletes files.
type Function struct {
	Files  *files.Store
	Events *events.Bus
}

// Output is how it ended.
type Output struct {
	Deleted bool `json:"deleted"` // false if there is no such file, or no more
}

// Handle deletes the file, whoever owns it: the scanner's signature is why.
func (f Function) Handle(ctx context.Context, in *files.Infected) (*Output, error) {
	return step.Run(ctx, "delete", func(ctx context.Context) (*Output, error) {
		deleted, err := f.Files.DeleteInfected(ctx, f.Events, in.FileID)
		return &Output{Deleted: deleted}, err
	})
}
