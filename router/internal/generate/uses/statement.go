package uses

import "slices"

// done is what statements do with a table.
type done struct{ all, inserts, updates bool }

// statement is what one SQL statement says.
type statement struct {
	text
	tables  map[string]bool   // there are
	aliases map[string]string // a table, by another name of it
	done    map[string]*done  // by table
	target  string            // of INSERT
	// nested has, for each parenthesis that is open, whether what is in it does not reach the
	// program as it is.
	nested []bool
}

// read notes what a statement does with tables.
func read(t text, tables map[string]bool, all map[string]*done) {
	s := &statement{text: t, tables: tables, aliases: map[string]string{}, done: map[string]*done{}}
	for i := range t {
		s.alias(i)
	}
	for i := range t {
		s.verb(i)
		s.star(i)
		s.row(i)
		s.nest(i)
	}
	for name, d := range s.done {
		if all[name] == nil {
			all[name] = &done{}
		}
		all[name].all = all[name].all || d.all
		all[name].inserts = all[name].inserts || d.inserts
		all[name].updates = all[name].updates || d.updates
	}
}

// alias notes a table that is named at i, and what else it is called.
func (s *statement) alias(i int) {
	name := s.name(i)
	if !s.tables[name] {
		return
	}
	if s.done[name] == nil {
		s.done[name] = &done{}
	}
	next := i + 1
	if s.is(next, "as") {
		next++
	}
	if other := s.name(next); other != "" && !notAliases[other] {
		s.aliases[other] = name
	}
}

// verb notes what the word at i, if it is a verb, does with the table that follows.
func (s *statement) verb(i int) {
	at := s.named(i)
	switch {
	case s.is(i, "into") && s.is(i-1, "insert"):
		s.target = s.name(at)
		s.of(at, func(d *done) {
			d.inserts = true
			d.all = d.all || s.byPosition(at+1)
		})
	case s.is(i, "into") && s.is(i-1, "merge"):
		s.of(at, func(d *done) { d.inserts, d.updates = true, true })
	case s.is(i, "copy"):
		s.of(at, func(d *done) { d.inserts, d.all = true, d.all || !s.symbol(at+1, "(") })
	case s.is(i, "update") && s.is(i-1, "do"):
		if d := s.done[s.target]; d != nil {
			d.updates = true
		}
	case s.is(i, "update") && s.updates(i):
		s.of(at, func(d *done) { d.updates = true })
	}
}

// byPosition reports whether what is inserted goes by the order of the table's columns: at
// the token after the table there is neither their list nor a name.
func (s *statement) byPosition(after int) bool {
	if s.is(after, "as") {
		after += 2
	}
	return s.is(after, "values", "select", "with", "table")
}

// of calls do with the table that is named at i, if there is one.
func (s *statement) of(i int, do func(*done)) {
	if d := s.done[s.name(i)]; d != nil {
		do(d)
	}
}

// star notes a * that stands for all columns of what the program gets: SELECT *,
// RETURNING *, note.*. Of a query inside of another only the columns that are named count.
func (s *statement) star(i int) {
	switch {
	case !s.symbol(i, "*"):
	case s.symbol(i-1, ".") && (!slices.Contains(s.nested, true) || s.argument(i-2, i)):
		s.whole(s.name(i - 2))
	case slices.Contains(s.nested, true):
	case s.is(i-1, "select", "distinct", "returning", "all") || s.symbol(i-1, ","):
		s.whole("")
	}
}

// nest notes that a parenthesis is opened or closed at i.
func (s *statement) nest(i int) {
	switch {
	case s.symbol(i, "("):
		s.nested = append(s.nested, !s.operand(i))
	case s.symbol(i, ")") && len(s.nested) > 0:
		s.nested = s.nested[:len(s.nested)-1]
	}
}

// operand reports whether the parenthesis at i is around an operand of UNION and the like.
func (s *statement) operand(i int) bool {
	operator := func(k token) bool {
		return k.kind == word && (k.text == "union" || k.text == "except" || k.text == "intersect")
	}
	return s.is(i-1, "union", "all", "except", "intersect") || i == 0 && slices.ContainsFunc(s.text, operator)
}

// argument reports whether what stands from a token to another is all that a function is
// called with.
func (s *statement) argument(from, to int) bool {
	called := s.name(from-2) != "" && !s.is(from-2, "values", "count") && !s.is(from-3, "into", "copy", "with", "as", "on") && !s.symbol(from-3, ",")
	return called && s.symbol(from-1, "(") && s.symbol(to+1, ")")
}

// row notes a table that is an argument as a whole, as in to_jsonb(note).
func (s *statement) row(i int) {
	if name := s.name(i); (s.aliases[name] != "" || s.tables[name]) && s.argument(i, i) {
		s.whole(name)
	}
}

// whole notes that all columns are read of what is called name in this statement; of all
// its tables if nothing is.
func (s *statement) whole(name string) {
	if table := s.aliases[name]; table != "" {
		name = table
	}
	if d := s.done[name]; d != nil {
		d.all = true
		return
	}
	for _, d := range s.done {
		d.all = true
	}
}
