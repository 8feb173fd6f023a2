package uses

import "slices"

// text is a constant of a program that may be SQL, or a piece of it.
type text []token

// at returns a token, also for places before and after the text.
func (t text) at(i int) token {
	if i < 0 || i >= len(t) {
		return token{}
	}
	return t[i]
}

// is reports whether a token is one of words.
func (t text) is(i int, words ...string) bool {
	return t.at(i).kind == word && slices.Contains(words, t[i].text)
}

// symbol reports whether a token is this character.
func (t text) symbol(i int, c string) bool { return t.at(i) == token{kind: symbol, text: c} }

// name returns the name that a token is, or "".
func (t text) name(i int) string {
	k := t.at(i)
	if k.kind == quoted || k.kind == word && (!reserved[k.text] || t.symbol(i-1, ".")) {
		return k.text
	}
	return ""
}

// sql reports whether t is an SQL statement or the better part of one: it begins with a
// verb, or names a table somewhere. In small letters it does both, for else it is prose.
func (t text) sql(tables map[string]bool) bool {
	begins := t.at(0).kind == word && verbs[t.at(0).text] && !t.symbol(1, "/") // no route
	names := false
	for i, k := range t {
		head := k.kind == word && heads[k.text] || k.kind == symbol && k.text == ","
		names = names || head && tables[t.name(t.named(i))]
		if k.kind == word && k.upper && heads[k.text] && len(k.text) > 1 && tables[t.name(t.named(i))] {
			return true
		}
	}
	return begins && (t[0].upper || names)
}

// named returns where the name of the table stands that follows a head: after the schema.
func (t text) named(head int) int {
	i := head + 1
	for t.is(i, "only", "table", "lateral") || t.symbol(i, "(") {
		i++
	}
	if t.symbol(i+1, ".") {
		i += 2
	}
	return i
}

// piece reports whether t may be a part of a statement: it has a parameter, a keyword, or
// is a list of names.
func (t text) piece() bool {
	list := len(t) > 1
	for i, k := range t {
		if k.kind == parameter || k.kind == word && k.upper && (reserved[k.text] || k.text == "set") && len(k.text) > 1 {
			return true
		}
		list = list && (t.name(i) != "" && t.name(i-1) == "" || k.kind == symbol && (k.text == "," || k.text == "."))
	}
	return list && slices.Contains(t, token{kind: symbol, text: ","})
}

// open reports whether t names a table that is not known: something else is put there when
// the program runs.
func (t text) open() bool {
	for i, k := range t {
		if k.kind != word || !k.upper || !heads[k.text] || k.text == "update" && !t.updates(i) {
			continue
		}
		at := t.named(i)
		if t.symbol(at-1, "(") { // a query stands there
			continue
		}
		next := t.at(at)
		if next.kind == 0 || next.kind == hole || next.kind == quoted && (next.text == "" || next.text[0] == '%') {
			return true
		}
	}
	return false
}

// updates reports whether the word UPDATE at i begins an update.
func (t text) updates(i int) bool {
	return !t.is(i-1, "for", "key", "do", "on", "of", "or", "before", "after")
}

// statements divides t at its semicolons.
func (t text) statements() (all []text) {
	for len(t) > 0 {
		i := slices.Index(t, token{kind: symbol, text: ";"})
		if i < 0 {
			return append(all, t)
		}
		all, t = append(all, t[:i]), t[i+1:]
	}
	return all
}
