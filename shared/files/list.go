package files

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"

	"switchyard/internal/storable"
	"switchyard/shared/fault"
)

// Limits of a list.
const (
	DefaultLimit = 20
	MaxLimit     = 100
	MaxSearch    = 100 // characters
)

// MaxScan bounds the files of a user that a search looks at for one page. So a search takes about
// the same time, however many files there are.
const MaxScan = 10_000

// Query says which files to list, newest first.
type Query struct {
	Owner  string // a user's id; nobody else's files are listed
	Search string // only files whose name has each of these words in it, in upper or lower case; defaults to all
	Status Status // only these; defaults to all
	Kind   Kind   // only these; defaults to all
	Cursor string // of a page before; defaults to the newest file
	Limit  int    // 1 to MaxLimit; defaults to DefaultLimit
}

// List is one page of files, newest first.
type List struct {
	Files []File // never nil
	// NextCursor leads to older files; "" if there are none. In a search, the next page may be
	// empty, and a page may have fewer files than asked for: a page ends where it has looked at
	// MaxScan files.
	NextCursor string
	// PrevCursor leads to newer files, as NextCursor does to older ones; "" if the page
	// begins with the newest. The files that it leads to are those next to this page.
	PrevCursor string
}

// List returns a page of files, newest first. A file keeps its place: whoever goes through all
// pages sees each file once that was there all the time. It fails with fault.Invalid if a field
// of q is out of its bounds, or its cursor is malformed.
func (s *Store) List(ctx context.Context, q Query) (List, error) {
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if err := q.check(); err != nil {
		return List{}, err
	}
	from, err := parseCursor(q.Cursor)
	if err != nil {
		return List{}, err
	}
	found, end, err := s.find(ctx, q, from)
	if err != nil {
		return List{}, fmt.Errorf("files: list: %w", err)
	}
	return q.page(from, found, end), nil
}

func (q Query) check() error {
	switch {
	case q.Limit < 1 || q.Limit > MaxLimit:
		return fault.New(fault.Invalid, "A page has 1 to %d files.", MaxLimit)
	case q.Status != "" && !slices.Contains(Statuses(), q.Status):
		return fault.New(fault.Invalid, "There is no such status. The statuses are %s, %s, %s and %s.",
			Uploading, Processing, Ready, Failed)
	case q.Kind != "" && !slices.Contains(Kinds(), q.Kind):
		return fault.New(fault.Invalid, "There is no such kind. The kinds are %s, %s, %s, %s and %s.",
			Picture, Audio, Video, Document, Other)
	case !storable.Text(q.Search) || utf8.RuneCountInString(q.Search) > MaxSearch:
		return fault.New(fault.Invalid, "Search for %d characters at most.", MaxSearch)
	}
	return nil
}

// find returns the files that follow from, one more than a page has. If there are fewer, end is
// the last one that it looked at, zero if there are no more.
func (s *Store) find(ctx context.Context, q Query, from cursor) (found []File, end uuid.UUID, err error) {
	found = []File{}
	for looked := 0; looked < MaxScan; looked += stride {
		some, end, err := s.read(ctx, q.way(from), q.Limit+1-len(found))
		if found = append(found, some...); err != nil || end == uuid.Nil || len(found) > q.Limit {
			return found, uuid.Nil, err
		}
		from.id = end
	}
	return found, from.id, nil
}

// page returns the page that begins at from, of what was found: one file more than it has, or
// all until end, which is zero if there is no more.
func (q Query) page(from cursor, found []File, end uuid.UUID) List {
	var ahead, behind string
	more := len(found) > q.Limit
	if more {
		found = found[:q.Limit]
	}
	switch {
	case more:
		ahead = cursor{found[q.Limit-1].ID, from.back}.String()
	case end != uuid.Nil:
		ahead = cursor{end, from.back}.String()
	}
	switch {
	case q.Cursor != "" && len(found) > 0:
		behind = cursor{found[0].ID, !from.back}.String()
	case q.Cursor != "":
		behind = cursor{from.id, !from.back}.String()
	}
	if from.back {
		slices.Reverse(found)
		return List{found, behind, ahead}
	}
	return List{found, ahead, behind}
}
