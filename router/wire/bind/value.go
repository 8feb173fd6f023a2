package bind

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// Int reads an integer of so many bits.
func (d *Decoder) Int(bits int) (int64, bool) {
	number, whole := d.number()
	if !whole || string(number) == "-0" {
		return 0, false
	}
	n, err := strconv.ParseInt(string(number), 10, bits)
	return n, err == nil
}

// Uint reads an integer of so many bits, of 0 or more.
func (d *Decoder) Uint(bits int) (uint64, bool) {
	number, whole := d.number()
	if !whole {
		return 0, false
	}
	n, err := strconv.ParseUint(string(number), 10, bits)
	return n, err == nil
}

// Float reads a number of so many bits, 32 or 64. Rules are for the number that it
// returns, before it is made one of 32 bits.
func (d *Decoder) Float(bits int) (float64, bool) {
	number, _ := d.number()
	n, err := strconv.ParseFloat(string(number), 64)
	if err != nil || math.Signbit(n) && n == 0 {
		return 0, false
	}
	if bits == 64 {
		return n, true
	}
	small, err := strconv.ParseFloat(string(number), bits)
	return n, err == nil && float32(n) == float32(small)
}

// number reads a number. It is empty if there is none; whole says that it has neither
// fraction nor exponent.
func (d *Decoder) number() (number []byte, whole bool) {
	first := d.next()
	start := d.at
	if first == '-' {
		d.at++
	}
	zero := d.at < len(d.data) && d.data[d.at] == '0'
	if n := d.digits(); n == 0 || zero && n > 1 {
		return nil, false
	}
	whole = true
	if d.at < len(d.data) && d.data[d.at] == '.' {
		d.at++
		if whole = false; d.digits() == 0 {
			return nil, false
		}
	}
	if d.at < len(d.data) && d.data[d.at]|' ' == 'e' {
		d.at++
		if d.at < len(d.data) && (d.data[d.at] == '+' || d.data[d.at] == '-') {
			d.at++
		}
		if whole = false; d.digits() == 0 {
			return nil, false
		}
	}
	return d.data[start:d.at], whole
}

// digits reads digits, and returns how many.
func (d *Decoder) digits() int {
	start := d.at
	for d.at < len(d.data) && '0' <= d.data[d.at] && d.data[d.at] <= '9' {
		d.at++
	}
	return d.at - start
}

// Time reads a time as RFC 3339 has it.
func (d *Decoder) Time() (time.Time, bool) {
	text, ok := d.Text()
	if !ok {
		return time.Time{}, false
	}
	var t time.Time
	err := t.UnmarshalText(text)
	return t, err == nil
}

// UUID reads a UUID in its usual form, 36 characters.
func (d *Decoder) UUID() (uuid.UUID, bool) {
	text, ok := d.Text()
	if !ok || len(text) != usualUUID {
		return uuid.UUID{}, false
	}
	id, err := uuid.ParseBytes(text)
	return id, err == nil
}

// Bytes reads base64, as encoding/json does, that is not empty.
func (d *Decoder) Bytes() ([]byte, bool) {
	text, ok := d.Text()
	if !ok || len(text) == 0 {
		return nil, false
	}
	coding := base64.StdEncoding.Strict()
	data, err := coding.AppendDecode(nil, text)
	return data, err == nil && coding.EncodedLen(len(data)) == len(text) // it had no line ends
}

// Raw reads any value but null.
func (d *Decoder) Raw() (json.RawMessage, bool) {
	d.next()
	start := d.at
	if !d.skip() {
		return nil, false
	}
	raw := d.data[start:d.at]
	if raw[0] == 'n' || bytes.Contains(raw, []byte(`\u0000`)) || !jsontext.Value(raw).IsValid() {
		return nil, false
	}
	return bytes.Clone(raw), true
}

// skip finds the end of a value. It does not look whether that is valid.
func (d *Decoder) skip() bool {
	for depth := 0; ; {
		switch d.next() {
		case '{', '[':
			d.at++
			depth++
		case '}', ']':
			d.at++
			depth--
		case ',', ':':
			d.at++
			continue
		case '"':
			if _, ok := d.Text(); !ok {
				return false
			}
		default:
			if !d.skipWord() {
				return false
			}
		}
		if depth <= 0 || depth > maxDepth {
			return depth == 0
		}
	}
}

// skipWord reads a number, or what can be true, false or null.
func (d *Decoder) skipWord() bool {
	if c := d.next(); c == '-' || '0' <= c && c <= '9' {
		number, _ := d.number()
		_, err := strconv.ParseFloat(string(number), 64) // which has no room for some
		return err == nil
	}
	start := d.at
	for d.at < len(d.data) && 'a' <= d.data[d.at] && d.data[d.at] <= 'z' {
		d.at++
	}
	return d.at > start
}
