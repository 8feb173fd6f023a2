package durable

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

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
		h.elsewhere[h.slug(watchID+packaged)] = at[functions[0].Name]
	}
}

// allElsewhere reports whether there are functions, and none is called here.
func allElsewhere(functions []function.Function, at map[string]string) bool {
	here := func(f function.Function) bool { return at[f.Name] == "" }
	return len(functions) > 0 && !slices.ContainsFunc(functions, here)
}

// redirect returns the functions' configurations with URLs that say whose they are, and
// where those are that are called elsewhere.
func (h *Host) redirect(functions json.RawMessage) (json.RawMessage, error) {
	var all []map[string]any
	numbers := json.NewDecoder(bytes.NewReader(functions))
	numbers.UseNumber()
	if err := numbers.Decode(&all); err != nil {
		return nil, fmt.Errorf("list the functions: %w", err)
	}
	for _, f := range all {
		id, _ := f["id"].(string)
		base := cmp.Or(h.elsewhere[id], h.origin())
		steps, _ := f["steps"].(map[string]any)
		for _, step := range steps {
			s, _ := step.(map[string]any)
			runtime, _ := s["runtime"].(map[string]any)
			here, _ := runtime["url"].(string)
			u, err := url.Parse(here)
			if err != nil || u.RawQuery == "" {
				return nil, fmt.Errorf("list the functions: %s is called at %q", id, here)
			}
			runtime["url"] = strings.TrimRight(base, "/") + Path + "?" + h.self.Load().mark(u.RawQuery)
		}
	}
	moved, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("list the functions: %w", err)
	}
	return moved, nil
}
