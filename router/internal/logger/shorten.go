package logger

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

const (
	// whole is the size up to which a value is never cut, in bytes of JSON.
	whole = 256
	// cutKey names the member of a line that was cut with the length that it had, in bytes.
	cutKey = "cut"
)

// member is a name in a line and its value, both in JSON.
type member struct{ name, value []byte }

func (m member) size() int { return len(m.name) + len(m.value) + len(`:,`) }

// shortenJSON returns an object of the line's members that is not longer than MaxLine:
// long values share what short ones leave of it, and what fits no more is left out. It is
// false if the line is no object.
func shortenJSON(line []byte) ([]byte, bool) {
	members, ok := membersOf(line)
	if !ok {
		return nil, false
	}
	last := `"` + cutKey + `":` + strconv.Itoa(len(line)) + "}\n"
	room := MaxLine - len("{") - len(last)
	left, long := room, 0
	for _, m := range members {
		if len(m.value) > whole {
			long++
			m.value = nil
		}
		left -= m.size()
	}
	share := max(whole, left/max(1, long))
	short := append(make([]byte, 0, MaxLine), '{')
	for _, m := range members {
		if len(m.value) > share {
			m.value = cut(m.value, share)
		}
		if m.size() > room {
			continue
		}
		room -= m.size()
		short = append(append(append(append(short, m.name...), ':'), m.value...), ',')
	}
	return append(short, last...), true
}

// membersOf returns the members of an object in their order.
func membersOf(line []byte) ([]member, bool) {
	d := json.NewDecoder(bytes.NewReader(line))
	if _, err := d.Token(); err != nil { // the brace
		return nil, false
	}
	var all []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		text, _ := name.(string)
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, false
		}
		all = append(all, member{quote(text), value})
	}
	return all, true
}

func quote(s string) []byte {
	text, _ := json.Marshal(s) // a string can be
	return text
}

// cut returns the beginning of a value, as a JSON string of at most size bytes.
func cut(value []byte, size int) []byte {
	if value[0] != '"' {
		value = quote(string(value))
	}
	end := 1
	for i := end; i <= size-len(more)-1 && i < len(value)-1; i += width(value[i:]) {
		end = i
	}
	return append(append(bytes.Clone(value[:end]), more...), '"')
}

// width returns how many bytes the first character of a JSON string takes.
func width(text []byte) int {
	switch {
	case text[0] != '\\':
		_, n := utf8.DecodeRune(text)
		return n
	case text[1] == 'u':
		return len(`\u0000`)
	}
	return len(`\n`)
}
