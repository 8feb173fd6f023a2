package durable

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"switchyard/shared/events/ledger"
)

// offer is what the newest release of a service has for Inngest.
type offer struct {
	Origin    string
	Release   string
	Live      bool // one of its replicas has been seen lately
	Functions []json.RawMessage
	Listeners []ledger.Listener
}

// union returns what Inngest is to know of all services together, and in the same
// order whoever asks: Inngest keeps exactly the functions that it is told.
//
// A function that several services offer stays where stay has it, by its id. Else it is
// called at the one whose offer comes first.
// A service that is gone keeps what nobody else offers: its events wait for it. Once
// others offer all of it, it is forgotten. What is of another app, because this one had
// another id before, is left out.
func union(app string, offers []offer, stay map[string]string) (functions []json.RawMessage, listeners []ledger.Listener) {
	at := map[string]string{} // a function's id to its service's origin
	config := map[string]json.RawMessage{}
	take := func(o offer, which func(id string, f json.RawMessage) bool) {
		for _, f := range o.Functions {
			if id := functionID(f); at[id] == "" && strings.HasPrefix(id, app+"-") && which(id, f) {
				at[id], config[id] = o.Origin, f
			}
		}
	}
	all := func(string, json.RawMessage) bool { return true }
	live := slices.DeleteFunc(slices.Clone(offers), func(o offer) bool { return !o.Live })
	for _, o := range live {
		take(o, func(id string, f json.RawMessage) bool { return stay[id] != "" && stay[id] == originOf(f) })
	}
	for _, o := range live {
		take(o, all)
	}
	for _, o := range offers {
		if !o.Live && o.hasMore(app, at) {
			take(o, all)
		}
	}
	for _, o := range offers {
		for _, l := range o.Listeners {
			if at[l.Function] == o.Origin {
				listeners = append(listeners, l)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(config)) {
		functions = append(functions, config[id])
	}
	slices.SortFunc(listeners, func(a, b ledger.Listener) int {
		return cmp.Or(cmp.Compare(a.Event, b.Event), cmp.Compare(a.Function, b.Function))
	})
	return functions, listeners
}

// hasMore reports whether the offer has a function that is not offered already.
func (o offer) hasMore(app string, offered map[string]string) bool {
	return slices.ContainsFunc(o.Functions, func(f json.RawMessage) bool {
		id := functionID(f)
		return offered[id] == "" && !strings.HasPrefix(id, app+"-"+watchID)
	})
}

// functionID returns the id in a function's configuration.
func functionID(config json.RawMessage) string {
	var f struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(config, &f)
	return f.ID
}
