package release

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/durable/registration"
	"switchyard/shared/events/ledger"
)

// offering returns an offer of these functions, each of which listens to the event
// "e/" and its id.
func offering(origin string, live bool, ids ...string) registration.Offer {
	o := registration.Offer{Origin: origin, Live: live}
	for _, id := range ids {
		id = "app-" + id
		o.Functions = append(o.Functions, json.RawMessage(fmt.Sprintf(
			`{"id":%q,"at":%q,"steps":{"step":{"runtime":{"url":"http://%[2]s/api/inngest?fnId=%[1]s"}}}}`, id, origin)))
		o.Listeners = append(o.Listeners, ledger.Listener{Event: "e/" + id, Function: id})
	}
	return o
}

func TestUnion(t *testing.T) {
	t.Parallel()
	const live, gone = true, false
	for name, tt := range map[string]struct {
		offers []registration.Offer
		want   string // each function and where it is
	}{
		"one of another app's id": {[]registration.Offer{
			offering("x", live, "a"), {Origin: "y", Live: true, Functions: []json.RawMessage{[]byte(`{"id":"old-a"}`)}},
		}, "a@x"},
		"one that stays where it is": {[]registration.Offer{offering("x", live, "a", "s"), offering("y", live, "a", "s")}, "a@x s@y"},
		"one that cannot stay":       {[]registration.Offer{offering("x", live, "s"), offering("y", gone, "s")}, "s@x"},
		"nobody":                     {nil, ""},
		"one service":                {[]registration.Offer{offering("x", live, "b", "a")}, "a@x b@x"},
		"two services":               {[]registration.Offer{offering("x", live, "b"), offering("y", live, "a", "c")}, "a@y b@x c@y"},
		"one that both offer":        {[]registration.Offer{offering("x", live, "a", "b"), offering("y", live, "a", "c")}, "a@x b@x c@y"},
		"one that is gone":           {[]registration.Offer{offering("x", gone, "a"), offering("y", live, "b")}, "a@x b@y"},
		"one that is gone and one that came after it": {
			[]registration.Offer{offering("x", gone, "a", "b"), offering("y", live, "a")}, "a@y b@x",
		},
		"one that was replaced": {
			[]registration.Offer{offering("y", live, "a", "b", "watch-1"), offering("x", gone, "a", "watch-2")},
			"a@y b@y watch-1@y",
		},
		"one that was replaced in part": {
			[]registration.Offer{offering("y", live, "a", "watch-1"), offering("x", gone, "a", "b", "watch-2")},
			"a@y b@x watch-1@y watch-2@x",
		},
		"all gone": {[]registration.Offer{offering("x", gone, "a"), offering("y", gone, "b")}, "a@x b@y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			functions, listeners := union("app", tt.offers, map[string]string{"app-s": "http://y"})
			var got, heard []string
			for _, f := range functions {
				var c struct{ ID, At string }
				if err := json.Unmarshal(f, &c); err != nil {
					t.Fatal(err)
				}
				got = append(got, strings.TrimPrefix(c.ID, "app-")+"@"+c.At)
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
