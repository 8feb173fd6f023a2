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
		"kind":           {Kind: "film"},
		"long search":    {Search: strings.Repeat("x", files.MaxSearch+1)},
		"search":         {Search: "a\x00"},
		"broken search":  {Search: "\xff"},
		"cursor":         {Cursor: "x"},
		"short cursor":   {Cursor: "AAAA"},
		"made-up cursor": {Cursor: strings.Repeat("A", 22)},
		"padded cursor":  {Cursor: "AAAAAAAAcACAAAAAAAAAAA=="},
		"other way":      {Cursor: "AY_YAAAAcACAAAAAAAAAAAI"},
		"id as cursor":   {Cursor: uuid.Must(uuid.NewV7()).String()},
	} {
		if _, err := d.List(t.Context(), q); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}

func names(l files.List) (names []string) {
	for _, f := range l.Files {
		names = append(names, f.Name)
	}
	return names
}

// finish makes a file ready, of this type.
func (d desk) finish(t *testing.T, name, kind string) files.File {
	t.Helper()
	f := d.create(t, files.New{Name: name, Size: 1})
	if _, err := d.Complete(t.Context(), d.bus, d.owner, f.ID); err != nil {
		t.Fatal(err)
	}
	f, err := d.Finish(t.Context(), d.bus, d.owner, f.ID, files.Result{Type: kind})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, kind := range map[string]files.Kind{
		"image/svg+xml": files.Picture, "audio/mpeg": files.Audio, "video/mp4": files.Video, "text/plain; charset=utf-8": files.Document,
		"application/pdf": files.Document, "application/vnd.oasis.opendocument.text": files.Document,
		"application/octet-stream": files.Other, "application/image/png": files.Other, "application/x-pdf": files.Other,
	} {
		if f := d.finish(t, "a.b", name); f.Kind != kind {
			t.Errorf("%s is a %s, want %s", name, f.Kind, kind)
		}
	}
	d.finish(t, "Holiday 100%_Rom\\a.JPG", "image/jpeg")
	d.create(t, files.New{Name: "holiday.png", Size: 1, Type: "image/png"})
	d.finish(t, "größe.pdf", "application/pdf")
	for _, tt := range []struct {
		q    files.Query
		want string
	}{
		{files.Query{Search: "HOLIDAY"}, "holiday.png|Holiday 100%_Rom\\a.JPG"},
		{files.Query{Search: " jpg  holi "}, "Holiday 100%_Rom\\a.JPG"},
		{files.Query{Search: "%_r"}, "Holiday 100%_Rom\\a.JPG"},
		{files.Query{Search: "y_1"}, ""},
		{files.Query{Search: "\\a."}, "Holiday 100%_Rom\\a.JPG"},
		{files.Query{Search: "größe"}, "größe.pdf"},
		{files.Query{Search: "'); DROP TABLE file; --"}, ""},
		{files.Query{Search: "holiday", Status: files.Ready}, "Holiday 100%_Rom\\a.JPG"},
		{files.Query{Kind: files.Picture, Status: files.Uploading}, "holiday.png"},
		{files.Query{Kind: files.Picture, Status: files.Ready, Search: "rom"}, "Holiday 100%_Rom\\a.JPG"},
		{files.Query{Kind: files.Video, Status: files.Failed}, ""},
		{files.Query{Kind: files.Audio}, "a.b"},
	} {
		tt.q.Owner = d.owner
		l, err := d.List(t.Context(), tt.q)
		if got := strings.Join(names(l), "|"); err != nil || got != tt.want || l.NextCursor != "" || l.PrevCursor != "" {
			t.Errorf("%+v: %q, %v, want %q", tt.q, got, err, tt.want)
		}
	}
}

// Going forth and back shows the pages again, also when files come and go.
func TestListBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var made []files.File
	for i := range 10 {
		made = append(made, d.create(t, files.New{Name: fmt.Sprint(i), Size: 1}))
	}
	for _, search := range []string{"", "%"} { // with a search as without
		if search != "" {
			for _, f := range made {
				if _, err := d.Rename(t.Context(), d.owner, f.ID, f.Name+"%"); err != nil {
					t.Fatal(err)
				}
			}
		}
		page := func(cursor string, want ...string) files.List {
			t.Helper()
			l, err := d.List(t.Context(), files.Query{Owner: d.owner, Limit: 4, Cursor: cursor, Search: search})
			if got := names(l); err != nil || strings.ReplaceAll(strings.Join(got, " "), "%", "") != strings.Join(want, " ") {
				t.Fatalf("got %v, %v, want %v", got, err, want)
			}
			return l
		}
		first := page("", "9", "8", "7", "6")
		second := page(first.NextCursor, "5", "4", "3", "2")
		third := page(second.NextCursor, "1", "0")
		if first.PrevCursor != "" || third.NextCursor != "" {
			t.Errorf("there is nothing before %+v, and nothing after %+v", first, third)
		}
		again := page(third.PrevCursor, "5", "4", "3", "2")
		if page(again.NextCursor, "1", "0").NextCursor != "" {
			t.Error("there is nothing after the last page")
		}
		if page(again.PrevCursor, "9", "8", "7", "6").PrevCursor != "" {
			t.Error("there is nothing before the first page")
		}
		if search == "" {
			continue
		}
		d.create(t, files.New{Name: "new%", Size: 1})
		if l := page(second.PrevCursor, "9", "8", "7", "6"); l.PrevCursor == "" {
			t.Error("what has come is not led to")
		}
		for _, f := range append(made[:2:2], made[7:]...) {
			if err := d.Delete(t.Context(), d.bus, d.owner, f.ID); err != nil {
				t.Fatal(err)
			}
		}
		page(second.PrevCursor, "new", "6")
		page(page(second.NextCursor).PrevCursor, "6", "5", "4", "3")
	}
}

// A search that finds little goes on at the next page, and skips nothing.
func TestListLongSearch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.db.Exec(t.Context(), `INSERT INTO file (id, owner, name, size, status) SELECT
		('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, CASE WHEN n % 9000 = 1 THEN 'rare ' || n ELSE 'many' END, 1, 'ready'
		FROM generate_series(1, 25000) AS n`, d.owner); err != nil {
		t.Fatal(err)
	}
	var got []string
	q := files.Query{Owner: d.owner, Search: "RARE", Status: files.Ready, Limit: 2}
	pages, last := 0, ""
	for more := true; more; more = q.Cursor != "" {
		l, err := d.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, names(l)...)
		q.Cursor, last = l.NextCursor, l.PrevCursor
		pages++
	}
	if fmt.Sprint(got) != "[rare 18001 rare 9001 rare 1]" || pages != 3 {
		t.Errorf("found %v in %d pages", got, pages)
	}
	for q.Cursor = last; q.Cursor != ""; {
		l, err := d.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got, q.Cursor = append(names(l), got...), l.PrevCursor
	}
	if fmt.Sprint(got[:2]) != "[rare 18001 rare 9001]" {
		t.Errorf("back: %v", got)
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "a", Size: 1})
	if got, err := d.Rename(ctx, d.owner, f.ID, "b"); err != nil || got.Name != "b" {
		t.Errorf("%+v, %v", got, err)
	}
	for name, want := range map[string]fault.Kind{"": fault.Invalid, "a\n": fault.Invalid, strings.Repeat("x", 256): fault.Invalid} {
		if _, err := d.Rename(ctx, d.owner, f.ID, name); !fault.Is(err, want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := d.Rename(ctx, "somebody", f.ID, "c"); !fault.Is(err, fault.NotFound) {
		t.Errorf("of somebody else: %v", err)
	}
}
