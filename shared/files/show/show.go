// Package show has what pages show files with: words for what a file is, and parts of pages.
package show

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"

	"switchyard/internal/visible"
	"switchyard/shared/files"
)

// Status returns the word for a status.
func Status(s files.Status) string { return strings.ToUpper(string(s[:1])) + string(s[1:]) }

// Kind returns the word for files of a kind.
func Kind(k files.Kind) string {
	return map[files.Kind]string{
		files.Picture: "Pictures", files.Audio: "Audio", files.Video: "Video", files.Document: "Documents", files.Other: "Other",
	}[k]
}

// badgeClass returns the class of a status's badge.
func badgeClass(s files.Status) string {
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

// Size returns n bytes as people say it: 3.4 MB.
func Size(n int64) string {
	if n < 1000 {
		return Bytes(n)
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

// Bytes returns the exact number n of bytes, as people read it.
func Bytes(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// Printable returns a name without the invisible characters that turn the
// direction of writing around: by them "gpj.exe" can be made to look like
// "exe.jpg". Names in scripts written from right to left do not need them. A name of which
// nothing can be seen, as older releases took them, is none.
func Printable(name string) string {
	if !visible.Any(name) {
		return "Unnamed"
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
}

// Letters returns the few letters that stand for a file of this name.
func Letters(name string) string {
	ext := strings.ToUpper(strings.TrimPrefix(path.Ext(name), "."))
	isLetter := func(r rune) bool { return (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') }
	if ext == "" || len(ext) > 5 || strings.ContainsFunc(ext, func(r rune) bool { return !isLetter(r) }) {
		return "FILE"
	}
	return ext
}

// Type returns a MIME type without its parameters.
func Type(t string) string {
	t, _, _ = strings.Cut(t, ";")
	return t
}

// Thumbnail returns the address of a file's thumbnail.
func Thumbnail(f files.File) string { return "/api/files/" + f.ID.String() + "/thumbnail" }

// Content returns the address that a file is saved from.
func Content(f files.File) string { return "/api/files/" + f.ID.String() + "/content" }
