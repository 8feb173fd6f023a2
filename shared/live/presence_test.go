package live_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"switchyard/shared/live"
)

func TestPresence(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	one, two := newReplica(t, d), newReplica(t, d)
	room := live.TopicOf("room", "1")
	watcher := one.open(t, "", string(room))
	join := func(r *replica, member string) func() {
		t.Helper()
		leave, err := r.Join(t.Context(), room, member)
		if err != nil {
			t.Fatal(err)
		}
		return leave
	}
	here := func(r *replica, want ...string) {
		t.Helper()
		if got, err := r.Present(t.Context(), room); err != nil || !slices.Equal(got, want) {
			t.Errorf("present are %v, %v, want %v", got, err, want)
		}
	}
	ada, again, other := join(one, "ada"), join(one, "ada"), join(two, "ada")
	bob := join(two, "bob")
	here(one, "ada", "bob")
	ada()
	ada() // twice does nothing
	again()
	here(two, "ada", "bob") // by the other replica
	other()
	bob()
	here(one)
	var heard []string
	for _, m := range watcher.wait(t, 4) {
		heard = append(heard, m.Name+string(m.Data))
	}
	want := `joined{"member":"ada"} joined{"member":"bob"} left{"member":"ada"} left{"member":"bob"}`
	if got := strings.Join(heard, " "); got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
}

// Whoever was present by a process that is gone is not any more, after a while.
func TestPresenceExpires(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	one, gone := newReplica(t, d), newReplica(t, d)
	room := live.TopicOf("room", "1")
	watcher := one.open(t, "", string(room))
	if _, err := gone.Join(t.Context(), room, "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Join(t.Context(), room, "bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(t.Context(), `UPDATE live_presence SET expires_at = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	if err := live.SayAgain(one.Hub, t.Context()); err != nil {
		t.Fatal(err)
	}
	got := watcher.wait(t, 3)
	if got[2].Name != "left" || string(got[2].Data) != `{"member":"ada"}` {
		t.Errorf("heard %+v", got)
	}
	if members, err := one.Present(t.Context(), room); err != nil || !slices.Equal(members, []string{"bob"}) {
		t.Errorf("present are %v, %v", members, err)
	}
}

// Members who come and go in all processes at once are gone in the end, and everybody has heard it.
func TestPresenceAtOnce(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	replicas := []*replica{newReplica(t, d), newReplica(t, d)}
	room := live.TopicOf("room", "1")
	watcher := replicas[0].open(t, "", string(room))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 10 {
				leave, err := replicas[i%2].Join(t.Context(), room, "ada")
				if err != nil {
					t.Error(err)
					return
				}
				leave()
			}
		})
	}
	all.Wait()
	publish(t, d, room, "end")
	last := ""
	for {
		m := watcher.wait(t, 1)[0]
		if m.Name == "said" {
			break
		}
		last = m.Name
	}
	members, err := replicas[1].Present(t.Context(), room)
	if err != nil || len(members) != 0 || last != "left" {
		t.Errorf("present are %v, %v; heard last: %s", members, err, last)
	}
}
