package adopt

import (
	"strings"

	"switchyard/internal/lazy"
)

// index is what HCL can say of an index.
type index struct {
	method  string // "btree"
	keys    []key
	include []string
	where   string // without its parentheses
	pages   string // pages_per_range
	// together is true for NULLS NOT DISTINCT.
	together bool
}

// key is a column of an index, or an expression.
type key struct {
	column, expr string // one of them
	ops          string // "": the usual
	desc         bool
	// nulls is "FIRST" or "LAST" where that is not the usual.
	nulls string
}

// These take apart what pg_get_indexdef writes.
var (
	indexHead = lazy.Regexp{Source: `^CREATE (?:UNIQUE )?INDEX (?:"(?:[^"]|"")+"|\w+) ON (?:ONLY )?(?:"(?:[^"]|"")+"|\w+)\.(?:"(?:[^"]|"")+"|\w+) USING (\w+) \(`}
	keyTail   = lazy.Regexp{Source: `^((?: (?:"(?:[^"]|"")+"|[\w.])+(?:\([^)]*\))?)??)( DESC)?( NULLS FIRST| NULLS LAST)?$`}
	keyName   = lazy.Regexp{Source: `^(?:"(?:[^"]|"")+"|[a-z_][\w$]*)(?:\.(?:"(?:[^"]|"")+"|[a-z_][\w$]*))?`}
)

// parseIndex takes apart what pg_get_indexdef writes. It reports false for what HCL cannot
// say.
func parseIndex(definition string) (index, bool) {
	head := indexHead.Get().FindStringSubmatchIndex(definition)
	if head == nil {
		return index{}, false
	}
	i := index{method: definition[head[2]:head[3]]}
	keys, rest, ok := inside(definition[head[1]:])
	if !ok {
		return i, false
	}
	for _, text := range split(keys) {
		k, ok := parseKey(text)
		if !ok {
			return i, false
		}
		i.keys = append(i.keys, k)
	}
	if included, ok := strings.CutPrefix(rest, " INCLUDE ("); ok {
		var names string
		if names, rest, ok = inside(included); !ok {
			return i, false
		}
		for _, name := range split(names) {
			i.include = append(i.include, unquote(name))
		}
	}
	rest, i.together = strings.CutPrefix(rest, " NULLS NOT DISTINCT")
	if m := pagesPerRange.Get().FindStringSubmatch(rest); m != nil {
		i.pages, rest = m[1], rest[len(m[0]):]
	}
	if where, ok := strings.CutPrefix(rest, " WHERE ("); ok {
		i.where, rest, _ = inside(where)
	}
	return i, rest == ""
}

var pagesPerRange = lazy.Regexp{Source: `^ WITH \(pages_per_range='?(\d+)'?\)`}

// parseKey takes apart a key of an index: lower(name) text_pattern_ops DESC NULLS LAST.
func parseKey(text string) (k key, ok bool) {
	var rest string
	if expr, ok := strings.CutPrefix(text, "("); ok {
		k.expr, rest, _ = inside(expr)
	} else {
		name := keyName.Get().FindString(text)
		rest = text[len(name):]
		k.column = unquote(name)
		if arguments, ok := strings.CutPrefix(rest, "("); ok {
			var a string
			a, rest, _ = inside(arguments)
			k.column, k.expr = "", name+"("+a+")"
		}
	}
	m := keyTail.Get().FindStringSubmatch(rest)
	if m == nil || strings.HasPrefix(m[1], " COLLATE") {
		return k, false
	}
	k.ops, k.desc = strings.TrimSpace(m[1]), m[2] != ""
	k.nulls = strings.TrimPrefix(m[3], " NULLS ")
	return k, k.expr != "" || k.column != ""
}

// inside returns what stands before the parenthesis that ends s's first level, and what
// after it.
func inside(s string) (in, rest string, ok bool) {
	end := scan(s, func(depth int, c byte) bool { return depth < 0 })
	if end < 0 {
		return s, "", false
	}
	return s[:end], s[end+1:], true
}

// split divides s at its commas, but for those in parentheses and quotes.
func split(s string) (items []string) {
	for {
		i := scan(s, func(depth int, c byte) bool { return depth == 0 && c == ',' })
		if i < 0 {
			return append(items, strings.TrimSpace(s))
		}
		items = append(items, strings.TrimSpace(s[:i]))
		s = s[i+1:]
	}
}

// scan returns where stop first reports true of a byte of s outside of quotes, and of how
// many parentheses are open after it; -1 if nowhere.
func scan(s string, stop func(depth int, c byte) bool) int {
	depth, quote := 0, byte(0)
	for i := range len(s) {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
			continue
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		}
		if stop(depth, c) {
			return i
		}
	}
	return -1
}

// unquote returns the name that an identifier stands for.
func unquote(identifier string) string {
	if inner, ok := strings.CutPrefix(identifier, `"`); ok {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	return identifier
}
