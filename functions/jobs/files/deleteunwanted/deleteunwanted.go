// Package deleteunwanted deletes files that their owner, by a machine of theirs, does not
// want any more.
package deleteunwanted

import (
	"context"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/events"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

var Spec = fn.Job{
	Events:  []string{files.EventUnwanted},
	Summary: "Delete a file that its owner does not want any more",
}

// Function deletes files.
type Function struct {
	Files  *files.Store
	Events *events.Bus
}

// Output is how it ended.
type Output struct {
	Deleted bool `json:"deleted"` // false if the sender has no such file, or no more, or is banned
}

// Handle deletes the file if it is the sender's. An event may have been held back for a year, so
// that the sender can be banned by now, whose keys do not work any more.
func (f Function) Handle(ctx context.Context, in *files.Unwanted) (*Output, error) {
	return step.Run(ctx, "delete", func(ctx context.Context) (*Output, error) {
		deleted, err := f.Files.DeleteUnwanted(ctx, f.Events, in.SenderID, in.FileID)
		return &Output{Deleted: deleted}, err
	})
}
