package files_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/fault"
	"switchyard/shared/files"
)

func TestList(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	var want []string
	for i := range 25 {
		want = append([]string{d.create(t, files.New{Name: fmt.Sprint(i), Size: 1}).Name}, want...)
	}
	walk := func(q files.Query, between func()) (names []string, pages int) {
		for pages = 1; ; pages++ {
			page, err := d.List(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range page.Files {
				names = append(names, f.Name)
			}
			if q.Cursor = page.NextCursor; q.Cursor == "" {
				return names, pages
			}
			between()
		}
	}
	// Files that come in between do not move the others.
	got, pages := walk(files.Query{Owner: d.owner, Limit: 5}, func() { d.create(t, files.New{Name: "new", Size: 1}) })
	if diff := cmp.Diff(want, got); diff != "" || pages != 5 {
		t.Errorf("%d pages: %s", pages, diff)
	}
	if page, err := d.List(ctx, files.Query{Owner: d.owner}); err != nil || len(page.Files) != files.DefaultLimit {
		t.Errorf("by default %d files, %v", len(page.Files), err)
	}
	page, err := d.List(ctx, files.Query{Owner: d.owner, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Complete(ctx, d.bus, d.owner, page.Files[0].ID); err != nil {
		t.Fatal(err)
	}
	for status, n := range map[files.Status]int{files.Processing: 1, files.Uploading: 28, files.Ready: 0} {
		page, err := d.List(ctx, files.Query{Owner: d.owner, Limit: 100, Status: status})
		if err != nil || len(page.Files) != n || page.Files == nil {
			t.Errorf("%s: %d files, %v, want %d", status, len(page.Files), err, n)
		}
	}
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, q := range map[string]files.Query{
		"negative limit": {Limit: -1},
		"large limit":    {Limit: 101},
		"status":         {Status: "gone"},
		"cursor":         {Cursor: "x"},
		"short cursor":   {Cursor: "AAAA"},
		"made-up cursor": {Cursor: strings.Repeat("A", 22)},
		"padded cursor":  {Cursor: "AAAAAAAAcACAAAAAAAAAAA=="},
		"id as cursor":   {Cursor: uuid.Must(uuid.NewV7()).String()},
	} {
		if _, err := d.List(t.Context(), q); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}
