// Package place says where somebody is in the list of files: what they search for, which files are
// shown, how, and from which one on. All of it is in the address of each page, so that each page
// can lead back to the same place.
package place

import (
	"net/url"

	"github.com/google/uuid"

	"switchyard/shared/files"
)

// Place is a place in the list. The zero value is where it begins.
type Place struct {
	Search string
	Status files.Status // only files in this status; "" for all
	Kind   files.Kind   // only files of this kind; "" for all
	Grid   bool         // pictures side by side, not rows
	Cursor string       // of a page before or after; "" for the newest files
}

// The names of what an address holds, and of the fields of forms that lead there.
const (
	SearchField = "q"
	StatusField = "status"
	KindField   = "kind"
	ViewField   = "view"
	CursorField = "cursor"
	GridView    = "grid" // of ViewField
)

// Of returns the place that the query of an address holds.
func Of(query url.Values) Place {
	return Place{
		Search: query.Get(SearchField),
		Status: files.Status(query.Get(StatusField)),
		Kind:   files.Kind(query.Get(KindField)),
		Grid:   query.Get(ViewField) == GridView,
		Cursor: query.Get(CursorField),
	}
}

// Query returns what shows the files there, of owner.
func (p Place) Query(owner string) files.Query {
	return files.Query{Owner: owner, Search: p.Search, Status: p.Status, Kind: p.Kind, Cursor: p.Cursor}
}

// Filtered reports whether not all files are shown.
func (p Place) Filtered() bool { return p.Search != "" || p.Status != "" || p.Kind != "" }

// At returns the place with this cursor.
func (p Place) At(cursor string) Place {
	p.Cursor = cursor
	return p
}

// In returns the beginning of the list of files in this status.
func (p Place) In(status files.Status) Place {
	p.Status = status
	return p.At("")
}

// As returns the place with the files shown side by side, or in rows.
func (p Place) As(grid bool) Place {
	p.Grid = grid
	return p
}

// List returns the address of the list there.
func (p Place) List() string { return p.address("/") }

// File returns the address of a file's page, which leads back there.
func (p Place) File(id uuid.UUID) string { return p.address("/files/" + id.String()) }

// Remove returns where a form is sent that deletes a file and leads back there.
func (p Place) Remove(id uuid.UUID) string { return p.address("/files/" + id.String() + "/remove") }

// Share returns where a form is sent that makes a link to a file.
func (p Place) Share(id uuid.UUID) string { return p.address("/files/" + id.String() + "/shares") }

// Unshare returns where a form is sent that revokes a link to a file.
func (p Place) Unshare(id, share uuid.UUID) string {
	return p.address("/files/" + id.String() + "/shares/" + share.String() + "/revoke")
}

func (p Place) address(path string) string {
	query := url.Values{}
	set := func(field, value string) {
		if value != "" {
			query.Set(field, value)
		}
	}
	set(SearchField, p.Search)
	set(StatusField, string(p.Status))
	set(KindField, string(p.Kind))
	if p.Grid {
		set(ViewField, GridView)
	}
	set(CursorField, p.Cursor)
	return (&url.URL{Path: path, RawQuery: query.Encode()}).String()
}
