package plan

import (
	"slices"
	"strconv"
	"strings"

	"switchyard/internal/lazy"
)

// conversion is what becomes of values when a column gets another type.
type conversion int

const (
	free    conversion = iota // they stay as they are on disk
	rewrite                   // each is written anew, and none is lost
	lossy                     // some may be lost, or refused
	none                      // there is no way from one type to the other
)

// sqlType is a type as format_type writes it, taken apart: "numeric(10,2)[]".
type sqlType struct {
	name  string
	args  []int
	array bool
}

var typePattern = lazy.Regexp{Source: `^([^(\[]+?)(?:\(([\d,]+)\))?( with(?:out)? time zone)?(\[\])?$`}

func parseType(text string) sqlType {
	m := typePattern.Get().FindStringSubmatch(text)
	if m == nil {
		return sqlType{name: text}
	}
	t := sqlType{name: m[1] + m[3], array: m[4] != ""}
	for arg := range strings.SplitSeq(m[2], ",") {
		if n, err := strconv.Atoi(arg); err == nil {
			t.args = append(t.args, n)
		}
	}
	return t
}

// The numbers, in the order in which one holds all values of another. Every real is a
// double precision, and every integer below 2^53 too, but not every bigint.
var wholes = []string{"smallint", "integer", "bigint", "numeric"} //nolint:gochecknoglobals // a constant

var floats = []string{"real", "double precision"} //nolint:gochecknoglobals // a constant

// kind is what a program reads a type as: it cannot tell types of one kind apart.
func (t sqlType) kind() string {
	switch {
	case t.array:
		return sqlType{name: t.name}.kind() + "[]"
	case slices.Contains(wholes[:3], t.name):
		return "integer"
	case slices.Contains(floats, t.name):
		return "float"
	case slices.Contains([]string{"text", "character varying", "character", "citext", "public.citext"}, t.name):
		return "text"
	}
	return t.name
}

// convert says what becomes of values of one type that get another. isEnum tells enums.
// What needs no rewriting follows PostgreSQL: a cast that is binary coercible, or a length
// that only grows.
func convert(from, to string, isEnum func(string) bool) conversion {
	a, b := parseType(from), parseType(to)
	if a.array != b.array {
		if !b.array && b.kind() == "text" {
			return lossy
		}
		return none
	}
	c := scalar(a, b, isEnum)
	if a.array && c == free {
		return rewrite // of arrays, PostgreSQL looks at each element
	}
	return c
}

func scalar(a, b sqlType, isEnum func(string) bool) conversion {
	switch {
	case a.kind() == "text" || a.kind() == "text[]":
		return text(a, b)
	case a.name == b.name:
		return longer(a, b)
	case a.name == "cidr" && b.name == "inet":
		return free
	case b.name == "numeric" && slices.Contains(wholes, a.name):
		return wholeToNumeric(a, b)
	case widens(wholes, a, b), widens(floats, a, b):
		return rewrite
	case a.name == "smallint" && slices.Contains(floats, b.name), a.name == "integer" && b.name == "double precision":
		return rewrite
	case a.name == "date" && strings.HasPrefix(b.name, "timestamp without"):
		return rewrite
	case b.name == "text" && len(b.args) == 0 && (isEnum(a.name) || a.name == "uuid" || slices.Contains(wholes, a.name) || a.name == "boolean"):
		return rewrite
	}
	return lossy
}

// text converts between the types of text.
func text(a, b sqlType) conversion {
	unbounded := len(b.args) == 0
	switch {
	case b.kind() != a.kind():
		return lossy
	case a.name == "character": // its values are filled up with spaces
		if b.name == "text" || b.name == "character varying" {
			return rewrite
		}
		return grows(a, b, rewrite)
	case b.name == "character":
		return lossy
	case b.name == "text" || b.name == "character varying" && unbounded:
		return free
	case b.name == "character varying":
		return grows(a, b, free)
	}
	return rewrite // citext: what is the same to it may be two texts to others
}

// grows returns how if the length of b is at least that of a.
func grows(a, b sqlType, how conversion) conversion {
	if len(b.args) == 0 || len(a.args) > 0 && a.args[0] <= b.args[0] {
		return how
	}
	return lossy
}

// longer converts between two of one type with other lengths.
func longer(a, b sqlType) conversion {
	switch {
	case slices.Equal(a.args, b.args):
		return free
	case a.name == "numeric":
		return numeric(a, b)
	case a.name == "bit":
		return lossy
	case strings.HasPrefix(a.name, "time") || a.name == "interval": // of six digits if nothing is said
		if digits(a) <= digits(b) {
			return free
		}
		return lossy
	}
	return grows(a, b, free)
}

func digits(t sqlType) int {
	const all = 6
	if len(t.args) == 0 {
		return all
	}
	return t.args[0]
}

// numeric converts numeric(p,s): rewritten only if the scale changes.
func numeric(a, b sqlType) conversion {
	if len(b.args) == 0 {
		return free
	}
	if len(a.args) == 0 {
		return lossy
	}
	scaleA, scaleB := scale(a), scale(b)
	switch {
	case scaleA > scaleB || a.args[0]-scaleA > b.args[0]-scaleB:
		return lossy
	case scaleA == scaleB:
		return free
	}
	return rewrite
}

func scale(t sqlType) int {
	if len(t.args) > 1 {
		return t.args[1]
	}
	return 0
}

// wholeToNumeric converts an integer, of which numeric(p,s) must hold all digits.
func wholeToNumeric(a, b sqlType) conversion {
	places := map[string]int{"smallint": 5, "integer": 10, "bigint": 19}[a.name]
	if len(b.args) == 0 || b.args[0]-scale(b) >= places {
		return rewrite
	}
	return lossy
}

// widens reports whether b comes after a in order.
func widens(order []string, a, b sqlType) bool {
	i, j := slices.Index(order, a.name), slices.Index(order, b.name)
	return i >= 0 && j > i
}

// using is how values become those of another type.
func using(column, from, to string, isEnum func(string) bool) string {
	via := ""
	if isEnum(parseType(to).name) { // there is no cast from other types than text
		via = "::text"
		if parseType(from).array {
			via = "::text[]"
		}
	}
	return quote(column) + via + "::" + to
}
