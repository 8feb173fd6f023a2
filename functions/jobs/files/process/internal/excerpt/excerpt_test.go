package excerpt_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"switchyard/functions/jobs/files/process/internal/excerpt"
)

func encodeUTF16(order binary.AppendByteOrder, text string) string {
	b := []byte{}
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

func TestOf(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("長", 2000)
	for name, tt := range map[string]struct{ head, want string }{
		"nothing":                  {"", ""},
		"ASCII":                    {"hello\n", "hello"},
		"UTF-8":                    {"Grüße, 世界 🌍", "Grüße, 世界 🌍"},
		"UTF-8 with a mark":        {"\xef\xbb\xbfa", "a"},
		"cut in a character":       {long, strings.Repeat("長", excerpt.Max/3)},
		"half a character":         {"ab\xe9\x95", "ab"},
		"UTF-16 LE":                {encodeUTF16(binary.LittleEndian, "Grüße 🌍"), "Grüße 🌍"},
		"UTF-16 BE":                {encodeUTF16(binary.BigEndian, "Grüße 🌍"), "Grüße 🌍"},
		"UTF-16, half a character": {encodeUTF16(binary.LittleEndian, "ab🌍")[:8], "ab"},
		"UTF-16, half a unit":      {encodeUTF16(binary.LittleEndian, "ab")[:5], "a"},
		"UTF-16, a lone surrogate": {"\xff\xfea\x00\x00\xdc", "a\ufffd"},
		"UTF-16 of zeros":          {"\xff\xfe\x00\x00\x00\x00", ""},
		"Latin-1":                  {"Gr\xfc\xdfe aus K\xf6ln", "Grüße aus Köln"},
		"another of one byte":      {"\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0", ""}, // Привет, мир
		"no text":                  {"\x89PNG\r\n\x1a\n\x00\x00", ""},
		"line breaks":              {"a\r\nb\rc\td\fe", "a\nb\nc\td\ne"},
		"control characters":       {"a\x00b\x1b[31mc\x7fd\u0085e", "ab[31mcde"},
		"turned around":            {"\u202egpj.exe\u2066\u200f", "gpj.exe"},
		"joined":                   {"👨\u200d👩", "👨\u200d👩"},
		"markup stays text":        {"<script>alert(1)</script>", "<script>alert(1)</script>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := excerpt.Of([]byte(tt.head)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Whatever the bytes, what comes of them can be stored and shown.
func FuzzOf(f *testing.F) {
	f.Add([]byte("Gr\xfc\xdfe"))
	f.Add([]byte(encodeUTF16(binary.BigEndian, "a🌍")))
	f.Fuzz(func(t *testing.T, head []byte) {
		got := excerpt.Of(head)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x1b\r\u202e") || len(got) > 2*excerpt.Max {
			t.Errorf("%q gives %q", head, got)
		}
	})
}
