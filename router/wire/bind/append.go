package bind

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// All that is appended is byte for byte what encoding/json writes with
// SetEscapeHTML(false), and what that cannot encode ends in a panic. Integers and truth
// values are appended by package strconv.

// AppendString appends s as a JSON string.
func AppendString[S ~string](b []byte, s S) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if ordinary[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = appendEscape(append(b, s[from:i]...), c)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[from:i]...), `\ufffd`...)
			from = i + size
		case r == '\u2028' || r == '\u2029': // which JavaScript took for ends of lines
			b = append(append(b, s[from:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xf])
			from = i + size
		}
		i += size
	}
	return append(append(b, s[from:]...), '"')
}

const hexDigits = "0123456789abcdef"

// appendEscape appends an ASCII character that does not stand for itself in a text.
func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}

// AppendFloat appends a number of so many bits, 32 or 64.
func AppendFloat(b []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		unencodable(f)
	}
	const small, large = 1e-6, 1e21 // as in ECMAScript
	abs := math.Abs(f)
	format := byte('f')
	if bits == 64 && (abs != 0 && abs < small || abs >= large) ||
		bits == 32 && (abs != 0 && float32(abs) < small || float32(abs) >= large) {
		format = 'e'
	}
	b = strconv.AppendFloat(b, f, format, -1, bits)
	if n := len(b); format == 'e' && n >= 4 && string(b[n-4:n-1]) == "e-0" {
		b = append(b[:n-2], b[n-1])
	}
	return b
}

// AppendTime appends t.
func AppendTime(b []byte, t time.Time) []byte {
	b, err := t.AppendText(append(b, '"'))
	if err != nil {
		unencodable(t)
	}
	return append(b, '"')
}

// AppendUUID appends id.
func AppendUUID(b []byte, id uuid.UUID) []byte {
	b = append(b, '"')
	for i, c := range id {
		switch i {
		case 4, 6, 8, 10:
			b = append(b, '-')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&0xf])
	}
	return append(b, '"')
}

// AppendBytes appends base64; null for nil.
func AppendBytes(b, data []byte) []byte {
	if data == nil {
		return append(b, "null"...)
	}
	return append(base64.StdEncoding.AppendEncode(append(b, '"'), data), '"')
}

// AppendMarshaler appends what m, which is not nil, makes of itself.
func AppendMarshaler[M json.Marshaler](b []byte, m M) []byte {
	text, err := m.MarshalJSON()
	compact := bytes.NewBuffer(b)
	if err == nil {
		err = json.Compact(compact, text)
	}
	if err != nil {
		unencodable(m)
	}
	return compact.Bytes()
}

// AppendAny appends v as encoding/json does, by reflection.
func AppendAny(b []byte, v any) []byte {
	buffer := bytes.NewBuffer(b)
	enc := json.NewEncoder(buffer)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Errorf("encode the answer: %w", err))
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
}

// unencodable panics for v, which encoding/json cannot encode, with its words.
func unencodable(v any) {
	_, err := json.Marshal(v)
	panic(fmt.Errorf("encode the answer: %w", err))
}

// Keys returns the names of a map, in order.
func Keys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
