package durable

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/events/ledger"
)

// offering returns an offer of these functions, each of which listens to the event
// "e/" and its id.
func offering(origin string, live bool, ids ...string) offer {
	o := offer{Origin: origin, Live: live}
	for _, id := range ids {
		o.Functions = append(o.Functions, json.RawMessage(fmt.Sprintf(`{"id":%q,"at":%q}`, id, origin)))
		o.Listeners = append(o.Listeners, ledger.Listener{Event: "e/" + id, Function: id})
	}
	return o
}

func TestUnion(t *testing.T) {
	t.Parallel()
	const live, gone = true, false
	for name, tt := range map[string]struct {
		offers []offer
		want   string // each function and where it is
	}{
		"nobody":              {nil, ""},
		"one service":         {[]offer{offering("x", live, "b", "a")}, "a@x b@x"},
		"two services":        {[]offer{offering("x", live, "b"), offering("y", live, "a", "c")}, "a@y b@x c@y"},
		"one that both offer": {[]offer{offering("x", live, "a", "b"), offering("y", live, "a", "c")}, "a@x b@x c@y"},
		"one that is gone":    {[]offer{offering("x", gone, "a"), offering("y", live, "b")}, "a@x b@y"},
		"one that is gone and one that came after it": {
			[]offer{offering("x", gone, "a", "b"), offering("y", live, "a")}, "a@y b@x",
		},
		"one that was replaced": {
			[]offer{offering("y", live, "a", "b", watchPrefix+"1"), offering("x", gone, "a", watchPrefix+"2")},
			"a@y b@y switchyard-watch-1@y",
		},
		"one that was replaced in part": {
			[]offer{offering("y", live, "a", watchPrefix+"1"), offering("x", gone, "a", "b", watchPrefix+"2")},
			"a@y b@x switchyard-watch-1@y switchyard-watch-2@x",
		},
		"all gone": {[]offer{offering("x", gone, "a"), offering("y", gone, "b")}, "a@x b@y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			functions, listeners := union(tt.offers)
			var got, heard []string
			for _, f := range functions {
				var c struct{ ID, At string }
				if err := json.Unmarshal(f, &c); err != nil {
					t.Fatal(err)
				}
				got = append(got, c.ID+"@"+c.At)
				heard = append(heard, "e/"+c.ID+" "+c.ID)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("functions (-want +got):\n%s", diff)
			}
			var listen []string
			for _, l := range listeners {
				listen = append(listen, l.Event+" "+l.Function)
			}
			if diff := cmp.Diff(heard, listen); diff != "" {
				t.Errorf("listeners (-want +got):\n%s", diff)
			}
		})
	}
}
