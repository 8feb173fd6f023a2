package release

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/registration"
	"switchyard/shared/events/ledger"
)

// union returns what Inngest is to know of all services together, and in the same
// order in each replica: Inngest keeps exactly the functions that it is told.
//
// A function that several services offer stays where stay has it, by its id. Else it is
// called at the one whose offer comes first.
// A service that is gone keeps what nobody else offers: its events wait for it. Once
// others offer all of it, it is forgotten. What is of another app, because this one had
// another id before, is left out.
func union(app string, offers []registration.Offer, stay map[string]string) (functions []json.RawMessage, listeners []ledger.Listener) {
	at := map[string]string{} // a function's id to its service's origin
	config := map[string]json.RawMessage{}
	take := func(o registration.Offer, which func(id string, f json.RawMessage) bool) {
		for _, f := range o.Functions {
			if id := registration.FunctionID(f); at[id] == "" && strings.HasPrefix(id, app+"-") && which(id, f) {
				at[id], config[id] = o.Origin, f
			}
		}
	}
	all := func(string, json.RawMessage) bool { return true }
	live := slices.DeleteFunc(slices.Clone(offers), func(o registration.Offer) bool { return !o.Live })
	for _, o := range live {
		take(o, func(id string, f json.RawMessage) bool { return stay[id] != "" && stay[id] == registration.OriginOf(f) })
	}
	for _, o := range live {
		take(o, all)
	}
	for _, o := range offers {
		if !o.Live && hasMore(o, app, at) {
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
func hasMore(o registration.Offer, app string, offered map[string]string) bool {
	return slices.ContainsFunc(o.Functions, func(f json.RawMessage) bool {
		id := registration.FunctionID(f)
		return offered[id] == "" && !strings.HasPrefix(id, app+"-"+durable.WatchID)
	})
}
