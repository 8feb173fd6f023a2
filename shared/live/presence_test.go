package live_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/await"
	"switchyard/shared/db"
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
	one, gone := newReplica(t, d), newHub(t, d)
	room := live.TopicOf("room", "1")
	watcher := one.open(t, "", string(room))
	if _, err := gone.Join(t.Context(), room, "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Join(t.Context(), room, "bob"); err != nil {
		t.Fatal(err)
	}
	expire(t, d)
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

// Whoever was present by several processes that are gone has left once, whoever finds it out.
func TestPresenceExpiresOnce(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	room := live.TopicOf("room", "1")
	for range 3 {
		if _, err := newHub(t, d).Join(t.Context(), room, "ada"); err != nil {
			t.Fatal(err)
		}
	}
	expire(t, d)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := live.SayAgain(newHub(t, d), t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	heard(t, d, "joined ada", "left ada")
}

// Who comes, goes or stays while rows of processes that are gone have expired and are still there has
// come once, and left once.
func TestPresenceBesideExpired(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		then func(ctx context.Context, d *db.DB, here *live.Hub, leave func()) error
		want []string
	}{
		"comes": {func(ctx context.Context, _ *db.DB, here *live.Hub, _ func()) error {
			_, err := here.Join(ctx, "room:1", "bob")
			return err
		}, nil},
		"goes": {func(_ context.Context, _ *db.DB, _ *live.Hub, leave func()) error {
			leave()
			return nil
		}, []string{"left ada", "left bob"}},
		"stays": {func(context.Context, *db.DB, *live.Hub, func()) error { return nil }, []string{"left bob"}},
		"stays, though his row was taken for one of a process that is gone": {func(ctx context.Context, d *db.DB, _ *live.Hub, _ func()) error {
			other, err := live.Open(ctx, d)
			if err != nil {
				return err
			}
			return live.SayAgain(other, ctx)
		}, []string{"left ada", "left bob", "joined ada"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDB(t)
			here, gone := newHub(t, d), newHub(t, d)
			leave, err := here.Join(t.Context(), "room:1", "ada")
			if err != nil {
				t.Fatal(err)
			}
			for _, member := range []string{"ada", "bob"} {
				if _, err := gone.Join(t.Context(), "room:1", member); err != nil {
					t.Fatal(err)
				}
			}
			expire(t, d)
			if err := tt.then(t.Context(), d, here, leave); err != nil {
				t.Fatal(err)
			}
			if err := live.SayAgain(here, t.Context()); err != nil {
				t.Fatal(err)
			}
			heard(t, d, append([]string{"joined ada", "joined bob"}, tt.want...)...)
		})
	}
}

// Who leaves while his process says again who is present is gone.
func TestPresenceLeavesMeanwhile(t *testing.T) {
	t.Parallel()
	d := newDB(t)
	here := newHub(t, d)
	leaves := map[string]func(){}
	for i := range 6 {
		member := strconv.Itoa(i)
		leave, err := here.Join(t.Context(), "room:1", member)
		if err != nil {
			t.Fatal(err)
		}
		leaves[member] = leave
	}
	// What says who is present waits for the row of 0, in the middle of the others.
	tx, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM live_presence WHERE member = '0' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		if err := live.SayAgain(here, t.Context()); err != nil {
			t.Error(err)
		}
	})
	waits := func() (n int) {
		err := d.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	await.That(t, "it waits", func() bool { return waits() == 1 })
	var left atomic.Int64
	for member, leave := range leaves {
		if member != "0" {
			all.Go(func() {
				leave()
				left.Add(1)
			})
		}
	}
	await.That(t, "the others leave", func() bool { return int(left.Load())+waits() == len(leaves) })
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if err := live.SayAgain(here, t.Context()); err != nil {
		t.Fatal(err)
	}
	if members, err := here.Present(t.Context(), "room:1"); err != nil || !slices.Equal(members, []string{"0"}) {
		t.Errorf("present are %v, %v", members, err)
	}
	leaves["0"]()
	if members, err := here.Present(t.Context(), "room:1"); err != nil || len(members) > 0 {
		t.Errorf("in the end: %v, %v", members, err)
	}
}

// newHub returns one that does nothing by itself.
func newHub(t *testing.T, d *db.DB) *live.Hub {
	t.Helper()
	hub, err := live.Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return hub
}

// expire has all be present for too long.
func expire(t *testing.T, d *db.DB) {
	t.Helper()
	if _, err := d.Exec(t.Context(), `UPDATE live_presence SET expires_at = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
}

// heard fails the test if something else was published than that these have come and gone, in
// whatever order.
func heard(t *testing.T, d *db.DB, want ...string) {
	t.Helper()
	rows, err := d.Query(t.Context(), `SELECT name || ' ' || (data ->> 'member') FROM live_message ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
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
