package events_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
)

// move is an event with a key.
type move struct {
	Game string `json:"game"`
	Nr   int    `json:"nr"`
}

func (move) EventName() string  { return note{}.EventName() }
func (m move) EventKey() string { return m.Game }

// moves returns the moves that arrived, as texts.
func moves(t *testing.T, s *server, n int) []string {
	t.Helper()
	var got []string
	for _, e := range s.until(t, n) {
		got = append(got, moveOf(t, e).String())
	}
	return got
}

func moveOf(t *testing.T, e sent) (m move) {
	t.Helper()
	if err := json.Unmarshal(e.Data, &m); err != nil {
		t.Error(err)
	}
	return m
}

func (m move) String() string { return fmt.Sprint(m.Game, m.Nr) }

func TestOrderOfAKey(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	listen(t, d, "app-a")
	publish(t, d, b, move{"x", 1}, move{"x", 2}, move{"y", 1})
	publish(t, d, b, move{"x", 3})
	flush(t, b)
	want := []string{"x1", "y1"}
	if diff := cmp.Diff(want, moves(t, s, 2)); diff != "" {
		t.Fatal(diff)
	}
	first := s.until(t, 2)[0].ID
	run := begin(t, d, "app-a", first, time.Hour)
	lookNow(t, d, b)
	before := moves(t, s, 2)
	if slices.Contains(before, "x2") {
		t.Errorf("sent while the first of its key goes on: %v", before)
	}
	end(t, d, run)
	flush(t, b) // without being told to: the ledger has it looked at
	if got := moves(t, s, len(before)+1)[len(before):]; !slices.Contains(got, "x2") {
		t.Errorf("%v were sent when the first had ended, want x2", got)
	}
}

func TestADeadEventLeavesTheQueue(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	s.answer(func(_ *http.Request, es []sent) int {
		if slices.ContainsFunc(es, func(e sent) bool { return moveOf(t, e).String() == "x1" }) {
			return http.StatusBadRequest
		}
		return http.StatusOK
	})
	publish(t, d, b, move{"x", 1}, move{"x", 2})
	flush(t, b)
	if diff := cmp.Diff([]string{"x2"}, moves(t, s, 1)); diff != "" {
		t.Error(diff)
	}
}

// Whoever was to release the next event of a key died.
func TestAStuckKeyIsFound(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	listen(t, d, "app-a")
	publish(t, d, b, move{"x", 1}, move{"x", 2}, move{"y", 1}, move{"y", 2})
	if _, err := d.Exec(t.Context(), `DELETE FROM outbox WHERE data->>'game' = 'x' AND data->>'nr' = '1'`); err != nil {
		t.Fatal(err)
	}
	run(t, b)
	got := moves(t, s, 2)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"x2", "y1"}, got); diff != "" {
		t.Error(diff)
	}
}

// boast is an event that nobody listens to, of a game.
type boast struct {
	Game string `json:"game"`
}

func (boast) EventName() string  { return "test/boast" }
func (b boast) EventKey() string { return b.Game }

// What nobody listens to holds up nobody. Once somebody does, it waits for what has passed it.
func TestUnheardHoldsUpNobody(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listen(t, d, "app-a")
	publish(t, d, b, boast{"x"}, boast{"x"}, move{"x", 1})
	flush(t, b)
	names := func(n int) (got []string) {
		for _, e := range s.until(t, n) {
			got = append(got, e.Name)
		}
		return got
	}
	want := []string{"test/boast", "test/boast", "test/note"}
	if diff := cmp.Diff(want, names(3)); diff != "" {
		t.Fatal(diff)
	}
	run := begin(t, d, "app-a", s.until(t, 3)[2].ID, time.Hour)
	listenTo(t, d, "test/note", "test/boast")
	publish(t, d, b, move{"x", 2})
	lookNow(t, d, b)
	if diff := cmp.Diff(want, names(3)); diff != "" {
		t.Errorf("sent while another one of its key goes on:\n%s", diff)
	}
	for _, next := range []string{"test/boast", "test/boast", "test/note"} {
		end(t, d, run)
		flush(t, b)
		want = append(want, next)
		if diff := cmp.Diff(want, names(len(want))); diff != "" {
			t.Fatal(diff)
		}
		run = begin(t, d, "app-a", s.until(t, len(want))[len(want)-1].ID, time.Hour)
		flush(t, b)
	}
}

// Those that nobody listened to are looked at one after another once somebody does: the first does
// not wait for those behind it.
func TestUnheardAreSentInTheirOrder(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := openImpatient(t, d, s.URL, time.Hour)
	listen(t, d, "app-a")
	publish(t, d, b, boast{"x"}, boast{"x"})
	flush(t, b)
	first := s.until(t, 2)[0].ID
	listenTo(t, d, "test/boast")
	if _, err := d.Exec(t.Context(), `UPDATE outbox SET next_at = now() WHERE id = $1`, first); err != nil {
		t.Fatal(err)
	}
	flush(t, b)
	if again := s.until(t, 3)[2].ID; again != first {
		t.Errorf("sent %s again, want %s", again, first)
	}
}

// Many publishers, relays and runs at once: of each key one event after another
// takes effect, in an order that is that of the commits, and all of them do.
func TestOrderUnderFire(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	const games, publishers, each = 3, 4, 10
	b := open(t, d, s.URL)
	listen(t, d, "app-a")
	shop := &shop{t: t, db: d, under: map[string]uuid.UUID{}, last: map[string]int{}}
	s.answer(func(_ *http.Request, es []sent) int {
		shop.take(es)
		return http.StatusOK
	})
	for range 3 {
		run(t, b)
	}
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				for g := range games {
					publish(t, d, b, move{fmt.Sprint("game", g), p*each + i}, note{"between"})
				}
			}
		})
	}
	wg.Wait()
	eventually(t, d, `SELECT count(*) = 0 FROM outbox WHERE key IS NOT NULL`)
	shop.wait()
	for g := range games {
		if got := shop.last[fmt.Sprint("game", g)]; got != publishers*each {
			t.Errorf("%d events of game %d took effect, want %d", got, g, publishers*each)
		}
	}
}

// shop plays the part of the jobs: it begins and ends a run for each event.
type shop struct {
	t  *testing.T
	db *db.DB

	mu      sync.Mutex
	running sync.WaitGroup
	under   map[string]uuid.UUID // by key, the event whose run goes on
	last    map[string]int       // by key, how many have ended
}

func (k *shop) wait() { k.running.Wait() }

func (k *shop) take(es []sent) {
	for _, e := range es {
		k.running.Go(func() { k.handle(e) })
	}
}

func (k *shop) handle(e sent) {
	run := ledger.Run{Function: "app-a", ID: e.ID.String(), Events: []uuid.UUID{e.ID}}
	l := ledger.New(k.db)
	if _, err := l.Begin(k.t.Context(), run, ledger.Claim{Within: time.Hour}); err != nil {
		k.t.Error(err)
	}
	k.enter(moveOf(k.t, e).Game, e.ID)
	if err := l.End(k.t.Context(), run, ledger.Done); err != nil {
		k.t.Error(err)
	}
}

// enter notes that an event is handled, and that no other one of its key is.
func (k *shop) enter(game string, id uuid.UUID) {
	if game == "" {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last[game]++
	var open int
	err := k.db.QueryRow(k.t.Context(), `SELECT count(*) FROM event_run AS r JOIN outbox AS o ON o.id = r.event_id
		WHERE o.key = $1 AND r.outcome IS NULL`, game).Scan(&open)
	if err != nil || open != 1 {
		k.t.Errorf("%d events of %s are handled at once, %s among them (%v)", open, game, id, err)
	}
}
