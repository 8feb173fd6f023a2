package eventtypes

import (
	"go/types"
	"slices"
	"strings"

	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/gotype"
)

// checkReads warns of fields that f's expressions read and that no event has. Nothing is
// said of what comes from outside, which may have more fields than its type says.
func (b *eventBook) checkReads(f *function.Function) {
	var runs []string
	for _, e := range f.Events {
		runs = append(runs, e.Event)
	}
	for _, x := range f.Expressions {
		for _, path := range x.Reads {
			if path[0] == "async" {
				b.checkRead(x, path, []string{x.Stop})
			} else {
				b.checkRead(x, path, runs)
			}
		}
	}
}

// checkRead warns if x reads the path of something that none of the events has.
func (b *eventBook) checkRead(x function.Expression, path, events []string) {
	read := strings.Join(path, ".")
	if path[0] == "async" && x.Use != function.Cancellation {
		b.Warn(x.At, "%s %q reads %s, but only a CancelOn has a second event: it will be null", x.Field, x.Text, read)
		return
	}
	if known := []string{"name", "data", "user", "id", "ts", "v"}; len(path) > 1 && path[0] != "vars" && !slices.Contains(known, path[1]) {
		b.Warn(x.At, "%s %q reads %s, but an event has only name, data, id and ts: what you sent is in %s.data",
			x.Field, x.Text, read, path[0])
		return
	}
	if len(path) < 3 || path[1] != "data" || len(events) == 0 || slices.ContainsFunc(events, func(name string) bool { return b.mayHave(name, path[2:]) }) {
		return
	}
	b.Warn(x.At, "%s %q reads %s, but the event %q (%s) has no such field: it will be null",
		x.Field, x.Text, read, events[0], b.Where(b.byName[events[0]].at))
}

// mayHave reports whether the data of the event may have something at path.
func (b *eventBook) mayHave(event string, path []string) bool {
	e := b.byName[event]
	return e == nil || !e.declared || e.open || len(e.Sources) > 0 || hasPath(e.Data, path)
}

// hasPath reports whether JSON made of t may have something at path.
func hasPath(t types.Type, path []string) bool {
	if t = gotype.Value(t); len(path) == 0 || gotype.Form(t) == "any" {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		return gotype.Form(t) != "an object" || hasPath(u.Elem(), path[1:])
	case *types.Struct:
		field := gotype.JSONFields(u)[path[0]]
		return gotype.Form(t) == "an object" && field != nil && hasPath(field, path[1:])
	}
	return false
}
