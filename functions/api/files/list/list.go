// Package list answers with the files, newest first, page by page.
package list

import (
	"context"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/files"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "GET /api/files",
	Summary: "List files, newest first",
	Timeout: 10 * time.Second,
}

// Function lists files.
type Function struct {
	Files *files.Store
}

// Input says which files.
type Input struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many at most"`
	Cursor string `query:"cursor" maxLength:"64" doc:"nextCursor or prevCursor of another page; starts from the newest file if not given"`
	Status string `query:"status" enum:"uploading,processing,ready,failed" doc:"Only files in this status"`
	Kind   string `query:"kind" enum:"picture,audio,video,document,other" doc:"Only files of this kind"`
	Search string `query:"search" maxLength:"100" doc:"Only files whose name has each of these words in it, in upper or lower case"`
}

// Output is one page.
type Output struct {
	Body struct {
		Files      []files.File `json:"files" nullable:"false"`
		NextCursor string       `json:"nextCursor,omitempty" doc:"Leads to older files. Not there on the last page. A page of a search may have few files, or none, and lead on: it has looked at 10,000 files."`
		PrevCursor string       `json:"prevCursor,omitempty" doc:"Leads back to newer files. Not there on the first page"`
	}
}

// Handle lists a page. It fails with fault.Invalid if the cursor is none.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	page, err := f.Files.List(ctx, files.Query{
		Owner: auth.UserFrom(ctx).ID, Limit: in.Limit, Cursor: in.Cursor,
		Status: files.Status(in.Status), Kind: files.Kind(in.Kind), Search: in.Search,
	})
	if err != nil {
		return nil, err
	}
	var out Output
	out.Body.Files, out.Body.NextCursor, out.Body.PrevCursor = page.Files, page.NextCursor, page.PrevCursor
	return &out, nil
}
