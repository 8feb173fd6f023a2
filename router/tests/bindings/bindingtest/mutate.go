package bindingtest

import (
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// tokens of JSON, and white space.
var tokens = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[a-z]+|[\[\]{},:]|\s+|.`)

// instead are what stands in place of a token: odd, wrong and right.
var instead = []string{ //nolint:gochecknoglobals // a constant, as far as Go can say it
	"", " ", "null", "true", "false", "0", "-0", "1", "-1", "1.0", "1e2", "1E-2", "1e400", "01", "2.5", "7", "127", "128", "300", "65536", "0.1",
	"4294967296", "9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "0.30000001", "1e-7",
	`""`, `"a"`, `"x"`, `"\u0041"`, `"\u00e9\ud83d\ude00"`, `"\ud83d"`, `"\udc00\ud800"`, `"\u0000"`, `"\\u0000"`, `"\b\f\n\r\t\/\"\\"`, `"\x"`, "\"\xff\"", "\"\x01\"", `"é😀"`, "\"\u2028<&>\x7f\"",
	`"12345678901"`, `"2026-01-02T03:04:05Z"`, `"2026-01-02T03:04:05.123456789+02:00"`, `"2026-01-02t03:04:05z"`, `"2026-01-02"`, `"03:04:05"`,
	`"0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21"`, `"{0b5f1f9e-6f3c-4a36-8b5a-0f1c7a9d3e21}"`, `"YQ=="`, `"YQ"`, `"YR=="`, `"a b"`, `"a@b.c"`, `"::1"`, `"1.2.3.4"`, `"5m"`,
	"[]", "{}", "[1]", `["a","a"]`, `[null]`, `{"a":1}`, `{"a":1,"a":2}`, `{"x":{"y":1,"y":2}}`, "[", "]", "{", "}", ",", ":", "x", "\x00", "\ufeff",
}

// Bodies yields body, and what it becomes when one token is another one, or stands there
// twice, or when it ends there.
func Bodies(body string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(body) {
			return
		}
		for _, at := range tokens.FindAllStringIndex(body, -1) {
			before, token, after := body[:at[0]], body[at[0]:at[1]], body[at[1]:]
			for _, other := range instead {
				if !yield(before + other + after) {
					return
				}
			}
			if !yield(before+token+token+after) || !yield(before+" \n"+token+"\t\r"+after) || !yield(before) {
				return
			}
		}
		repeatMembers(body, yield)
	}
}

// members are members of an object that are single values, lists those that are lists without
// lists in them.
var (
	members = regexp.MustCompile(`"[^"]*":(?:"[^"]*"|[0-9a-z.-]+)`)
	lists   = regexp.MustCompile(`"[^"]*":\[[^\[\]]*\]`)
)

// repeatMembers yields body with a member that is there twice, or not at all.
func repeatMembers(body string, yield func(string) bool) {
	for _, at := range slices.Concat(members.FindAllStringIndex(body, -1), lists.FindAllStringIndex(body, -1)) {
		member := body[at[0]:at[1]]
		without := strings.TrimPrefix(body[at[1]:], ",")
		if !yield(body[:at[1]]+","+member+body[at[1]:]) || !yield(body[:at[0]]+without) ||
			!yield(body[:at[0]]+`"unknown":1,`+body[at[0]:]) || !yield(body[:at[0]]+strings.ToUpper(member)+body[at[1]:]) {
			return
		}
	}
}

// Queries yields query, and what it becomes when one of its values is another one, or
// stands there twice, or not at all.
func Queries(query string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(query) || !yield(query+"&unknown=1") || !yield(query+"&&") || !yield(query+";a=b") || !yield(query+"&%zz=1") {
			return
		}
		parts := strings.Split(query, "&")
		for i, part := range parts {
			name, value, _ := strings.Cut(part, "=")
			for _, other := range append(Values(), value+","+value, value+","+value+","+value+","+value, value+"&"+part, value+"%00", value+"%ff", value+"%", "+"+value, strings.ToUpper(value)) {
				changed := append(append(append([]string{}, parts[:i]...), name+"="+other), parts[i+1:]...)
				if !yield(strings.Join(changed, "&")) {
					return
				}
			}
			if !yield(strings.Join(append(append([]string{}, parts[:i]...), parts[i+1:]...), "&")) {
				return
			}
		}
	}
}

// Values returns values for a parameter, as a query has them.
func Values() []string {
	var all []string
	for _, other := range instead {
		all = append(all, url.QueryEscape(strings.Trim(other, `"`)))
	}
	return append(all, "0x1p-2", "Inf", "NaN", "1_000", "+5", "T", "t", "TRUE", "b", "ab", "2.0", "-5", "-4", "1,2", "1,,2", ",", "x,y,z", "Mon, 02 Jan 2006 15:04:05 GMT")
}
