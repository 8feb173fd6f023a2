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

// watchPrefix is how the ids of those functions begin that a host adds of its own: no
// two services have the same.
const watchPrefix = AppID + "-" + watchID

// union returns what Inngest is to know of all services together, and in the same
// order whoever asks: Inngest keeps exactly the functions that it is told.
//
// A function that several services offer is called at the one whose offer comes first.
// A service that is gone keeps what nobody else offers: its events wait for it. Once
// others offer all of it, it is forgotten.
func union(offers []offer) (functions []json.RawMessage, listeners []ledger.Listener) {
	at := map[string]string{} // a function's id to its service's origin
	config := map[string]json.RawMessage{}
	take := func(o offer) {
		for _, f := range o.Functions {
			if id := functionID(f); at[id] == "" {
				at[id], config[id] = o.Origin, f
			}
		}
		for _, l := range o.Listeners {
			if at[l.Function] == o.Origin {
				listeners = append(listeners, l)
			}
		}
	}
	for _, o := range offers {
		if o.Live {
			take(o)
		}
	}
	for _, o := range offers {
		if !o.Live && o.hasMore(at) {
			take(o)
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
func (o offer) hasMore(offered map[string]string) bool {
	return slices.ContainsFunc(o.Functions, func(f json.RawMessage) bool {
		id := functionID(f)
		return offered[id] == "" && !strings.HasPrefix(id, watchPrefix)
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
