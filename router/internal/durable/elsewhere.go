package durable

import (
	"cmp"
	"net/http"
	"slices"

	"switchyard/router/internal/function"
)

// goElsewhere notes which functions of Inngest's are called elsewhere: those of the
// functions in Config.Elsewhere, and the host's own if none is called here.
func (h *Host) goElsewhere(functions []function.Function, at map[string]string) {
	for _, f := range functions {
		if base, ok := at[f.Name]; ok {
			h.elsewhere[h.slug(ID(f.Name))] = base
			h.elsewhere[h.slug(ID(f.Name)+failedSuffix)] = base
		}
	}
	if allElsewhere(functions, at) {
		h.elsewhere[h.slug(WatchID+packages)] = at[functions[0].Name]
	}
}

// goApart notes what serves the calls of functions that run in other processes.
func (h *Host) goApart(by map[string]http.Handler) {
	for name, handler := range by {
		for _, id := range []string{ID(name), ID(name) + failedSuffix} {
			if t := h.targets[h.slug(id)]; t != nil {
				t.apart = handler
			}
		}
	}
}

// allElsewhere reports whether there are functions, and none is called here.
func allElsewhere(functions []function.Function, at map[string]string) bool {
	here := func(f function.Function) bool { return at[f.Name] == "" }
	return len(functions) > 0 && !slices.ContainsFunc(functions, here)
}

// OriginOf returns the base URL at which Inngest is to call the function that it calls by
// this id.
func (h *Host) OriginOf(id string) string { return cmp.Or(h.elsewhere[id], h.self.Origin()) }
