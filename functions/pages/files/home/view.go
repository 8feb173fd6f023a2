package home

import (
	"slices"

	"switchyard/shared/files"
	"switchyard/shared/files/place"
	"switchyard/shared/ui"
)

// view is what the page shows.
type view struct {
	place place.Place
	list  files.List
	usage files.Usage

	trouble ui.Form // no form: only the problem of a flow that ended here
}

// busy reports whether something on the page is about to change.
func (v view) busy() bool {
	return slices.ContainsFunc(v.list.Files, func(f files.File) bool { return f.Status == files.Processing })
}

// partial reports whether the search is to be continued with older files, since it has looked
// at as many as it may.
func (v view) partial() bool {
	return v.list.NextCursor != "" && len(v.list.Files) < files.DefaultLimit
}

// shape returns the class of the list.
func (v view) shape() string {
	if v.place.Grid {
		return "rows grid"
	}
	return "rows"
}

// statuses are those to choose from; "" for all.
func statuses() []files.Status { return append([]files.Status{""}, files.Statuses()...) }
