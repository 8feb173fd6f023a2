package uses

// done is what statements do with a table.
type done struct{ all, inserts, updates bool }

// statement is what one SQL statement says.
type statement struct {
	text
	tables  map[string]bool   // there are
	aliases map[string]string // a table, by another name of it
	done    map[string]*done  // by table
	target  string            // of INSERT
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

// star notes a * that stands for all columns: SELECT *, RETURNING *, note.*.
func (s *statement) star(i int) {
	switch {
	case !s.symbol(i, "*"):
	case s.symbol(i-1, "."):
		s.whole(s.name(i - 2))
	case s.is(i-1, "select", "distinct", "returning", "all") || s.symbol(i-1, ","):
		s.whole("")
	}
}

// row notes a table that is an argument as a whole, as in to_jsonb(note).
func (s *statement) row(i int) {
	called := s.name(i-2) != "" && !s.is(i-3, "into", "copy", "with", "as", "on") && !s.symbol(i-3, ",")
	if called && s.symbol(i-1, "(") && s.symbol(i+1, ")") {
		if name := s.name(i); s.aliases[name] != "" || s.tables[name] && !s.is(i-2, "values", "count") {
			s.whole(name)
		}
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
