package home

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"switchyard/shared/files"
	"switchyard/shared/ui"
)

// view is what the page shows.
type view struct {
	status files.Status // only files in this status; "" for all
	cursor string       // where the page before ended; "" on the first
	next   string       // where the next page begins; "" on the last
	files  []files.File

	trouble ui.Form // no form: only the problem of a flow that ended here
}

// busy reports whether something on the page is about to change.
func (v view) busy() bool {
	return slices.ContainsFunc(v.files, func(f files.File) bool { return f.Status == files.Processing })
}

// address returns where the list with this status and cursor is shown.
func address(status files.Status, cursor string) string {
	query := url.Values{}
	if status != "" {
		query.Set("status", string(status))
	}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	return (&url.URL{Path: "/", RawQuery: query.Encode()}).String()
}

// removal returns where the form that deletes f is sent, so that the list shown
// after it has the same status.
func (v view) removal(f files.File) string {
	u := url.URL{Path: "/files/" + f.ID.String() + "/remove"}
	if v.status != "" {
		u.RawQuery = url.Values{"status": {string(v.status)}}.Encode()
	}
	return u.String()
}

// choice is one way to filter the list.
type choice struct {
	status files.Status
	label  string
}

func choices() []choice {
	all := []choice{{"", "All"}}
	for _, s := range files.Statuses() {
		all = append(all, choice{s, label(s)})
	}
	return all
}

func label(s files.Status) string { return strings.ToUpper(string(s[:1])) + string(s[1:]) }

// mood returns the class of a status's badge.
func mood(s files.Status) string {
	switch s {
	case files.Ready:
		return "good"
	case files.Processing:
		return "busy"
	case files.Failed:
		return "bad"
	case files.Uploading:
	}
	return "" // waiting for its sender
}

// size returns n bytes as people say it: 3.4 MB.
func size(n int64) string {
	if n < 1000 {
		return plural(n, "byte")
	}
	value, unit := float64(n)/1000, 0
	for ; value >= 999.5 && unit < 2; unit++ {
		value /= 1000
	}
	digits := 0
	if value < 9.95 {
		digits = 1
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + [...]string{"kB", "MB", "GB"}[unit]
}

func plural(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// printable returns a name without the invisible characters that turn the
// direction of writing around: by them "gpj.exe" can be made to look like
// "exe.jpg". Names in scripts written from right to left do not need them.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
}

// kind returns the few letters that stand for a file without a thumbnail.
func kind(f files.File) string {
	ext := strings.ToUpper(strings.TrimPrefix(path.Ext(f.Name), "."))
	isLetter := func(r rune) bool { return (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') }
	if ext == "" || len(ext) > 5 || strings.ContainsFunc(ext, func(r rune) bool { return !isLetter(r) }) {
		return "FILE"
	}
	return ext
}

// shortType returns a MIME type without its parameters.
func shortType(t string) string {
	t, _, _ = strings.Cut(t, ";")
	return t
}
