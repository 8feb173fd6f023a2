package live_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/live"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func newDB(t *testing.T) *db.DB {
	t.Helper()
	return dbtest.New(t)
}

func TestPublishIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	undone := errors.New("undone")
	for _, want := range []error{nil, undone} {
		err := d.InTx(t.Context(), func(tx pgx.Tx) error {
			return errors.Join(live.Publish(t.Context(), tx, live.User("u"), "file", map[string]string{"id": "1"}), want)
		})
		if !errors.Is(err, want) {
			t.Fatal(err)
		}
	}
	if err := live.Publish(t.Context(), d, live.TopicOf("room", "42"), "said", "hello"); err != nil {
		t.Fatal(err)
	}
	var log string
	err := d.QueryRow(t.Context(), `SELECT string_agg(topic || ' ' || name || ' ' || data, ', ' ORDER BY id) FROM live_message`).Scan(&log)
	if want := `user:u file {"id":"1"}, room:42 said "hello"`; err != nil || log != want {
		t.Errorf("the log has %q, %v, want %q", log, err, want)
	}
}
