package events_test

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
)

func TestAccept(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	listen(t, d, "app-a")
	accept := func() uuid.UUID {
		ids, err := b.Accept(t.Context(), []events.Foreign{{Source: "shop", ID: "1", Name: note{}.EventName(), Data: []byte(`{"text":"one"}`)}})
		if err != nil || len(ids) != 1 {
			t.Fatal(ids, err)
		}
		return ids[0]
	}
	id := accept()
	if again := accept(); again != id || id != events.IDOf("shop", "1") || rows(t, d) != 1 {
		t.Errorf("ids %s and %s, %d in the outbox; want one event", id, again, rows(t, d))
	}
	flush(t, b)
	end(t, d, begin(t, d, "app-a", id, time.Hour))
	lookNow(t, d, b)
	if accept(); rows(t, d) != 0 {
		t.Error("an event that has taken effect was taken once more")
	}
}

// What the database can never hold is the sender's fault, and not a failure that may
// pass.
func TestAcceptRefuses(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	for name, f := range map[string]events.Foreign{
		"no JSON":            {Data: []byte(`{`)},
		"nothing":            {},
		"a zero byte":        {Data: []byte(`{"text":"\u0000"}`)},
		"half a character":   {Data: []byte(`{"text":"\ud800"}`)},
		"not UTF-8":          {Data: []byte("{\"text\":\"\xff\"}")},
		"a huge number":      {Data: []byte(`{"n":1e999999}`)},
		"without an end":     {Data: []byte(strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000))},
		"an endless key":     {Data: []byte(`{}`), Key: random(t, 10_000)},
		"a zero byte as key": {Data: []byte(`{}`), Key: "a\x00b"},
	} {
		f.Source, f.ID, f.Name = "shop", name, "test/note"
		if _, err := b.Accept(t.Context(), []events.Foreign{f}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want fault.Invalid", name, err)
		}
	}
	if n := waiting(t, d); n != 0 {
		t.Errorf("%d events are in the outbox, want none", n)
	}
}

// random returns n characters that cannot be compressed much.
func random(t *testing.T, n int) string {
	t.Helper()
	b := make([]byte, n/2)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(b)
}

// Inngest takes no events of before 1980, and keeps those of the future back.
func TestAcceptTimes(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	now, past := time.Now(), time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct{ at, want time.Time }{
		"none":    {time.Time{}, now},
		"long":    {past.Add(-time.Second), now},
		"past":    {past, past},
		"future":  {now.Add(time.Hour), now},
		"far off": {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), now},
	} {
		ids, err := b.Accept(t.Context(), []events.Foreign{{Source: "shop", ID: name, Name: "test/note", Data: []byte(`{}`), Time: tt.at}})
		if err != nil {
			t.Fatal(err)
		}
		var got time.Time
		if err := d.QueryRow(t.Context(), `SELECT created_at FROM outbox WHERE id = $1`, ids[0]).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if late := got.Sub(tt.want); late.Abs() > time.Minute {
			t.Errorf("%s: it is of %s, want %s", name, got, tt.want)
		}
	}
}
