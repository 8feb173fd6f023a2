package instep_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/instep"
	"switchyard/internal/migrate/record"
	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/project"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// database is one that was migrated: with [database.migrate].
type database struct {
	*pgx.Conn

	t *testing.T
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	url := dbtest.Empty(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return &database{conn, t}
}

func (d *database) exec(sql string) {
	d.t.Helper()
	if _, err := d.Exec(d.t.Context(), sql); err != nil {
		d.t.Fatal(err)
	}
}

// migrate records that the database as it is after sql is what the schema of a digest says.
func (d *database) migrate(digest, sql string) {
	d.t.Helper()
	d.exec(sql)
	must := func(err error) {
		d.t.Helper()
		if err != nil {
			d.t.Fatal(err)
		}
	}
	must(record.Ensure(d.t.Context(), d.Conn))
	is, err := snapshot.Read(d.t.Context(), d.Conn, []string{"public"})
	must(err)
	text, err := json.Marshal(is)
	must(err)
	run, err := record.Begin(d.t.Context(), d.Conn, "v")
	must(err)
	must(run.Finish(d.t.Context(), d.Conn, digest, text))
}

// look compares it with what the program with the schema "one" expects.
func (d *database) look(uses ...release.Use) (missing, more string) {
	d.t.Helper()
	found, err := instep.Program{Digest: "one", Uses: uses}.Look(d.t.Context(), d.Conn)
	if err != nil {
		d.t.Fatal(err)
	}
	return texts(found.Missing), texts(found.More)
}

func texts(all []snapshot.Finding) string {
	var b strings.Builder
	for _, f := range all {
		b.WriteString(f.Text + "; ")
	}
	return b.String()
}

const orders = `CREATE TABLE orders (id int, note text, other text, CONSTRAINT positive CHECK (id > 0))`

func TestLook(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	if _, err := (instep.Program{Digest: "one"}).Look(t.Context(), d.Conn); !errors.Is(err, instep.ErrBehind) {
		t.Errorf("never migrated: got %v", err)
	}
	d.migrate("one", orders)
	if missing, more := d.look(); missing+more != "" {
		t.Errorf("just migrated: missing %q, more %q", missing, more)
	}
	if _, err := (instep.Program{Digest: "two"}).Look(t.Context(), d.Conn); !errors.Is(err, instep.ErrBehind) {
		t.Errorf("another schema: got %v", err)
	}
	d.exec(`ALTER TABLE orders DROP note, ADD mine int`)
	if missing, more := d.look(); !strings.Contains(missing, "orders.note") || !strings.Contains(more, "orders.mine") {
		t.Errorf("changed by hand: missing %q, more %q", missing, more)
	}
	d.exec(`DELETE FROM switchyard_internal.expected`)
	if missing, more := d.look(); missing+more != "" {
		t.Errorf("migrated by an older version: missing %q, more %q", missing, more)
	}
}

// What a later schema changed on purpose is as it shall be, unless somebody uses what is gone.
func TestLookLater(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.migrate("one", orders+`; CREATE TABLE gone (id int)`)
	d.migrate("two", `ALTER TABLE orders DROP note, ALTER id TYPE bigint, ADD more int, DROP CONSTRAINT positive; DROP TABLE gone`)
	public := func(name string, columns ...string) release.Use {
		return release.Use{Table: snapshot.Name{Schema: "public", Name: name}, Columns: columns}
	}
	for _, tt := range []struct {
		name, missing string
		uses          []release.Use
	}{
		{"uses nothing", "", nil},
		{"uses what is there", "", []release.Use{public("orders", "id", "other")}},
		{"uses the column", "orders.note", []release.Use{public("orders", "note")}},
		{"uses the table", "table gone", []release.Use{public("gone")}},
	} {
		missing, more := d.look(tt.uses...)
		if more != "" || tt.missing == "" && missing != "" || !strings.Contains(missing, tt.missing) {
			t.Errorf("%s: missing %q, more %q, want %q", tt.name, missing, more, tt.missing)
		}
	}
	d.exec(`ALTER TABLE orders DROP other`)
	if missing, _ := d.look(); !strings.Contains(missing, "orders.other") {
		t.Errorf("dropped by hand: missing %q", missing)
	}
}

func TestLookWhileMigrating(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.migrate("one", orders)
	d.exec(`SELECT pg_advisory_lock(hashtextextended('migrate ` + project.Name() + `', 0))`)
	if _, err := (instep.Program{Digest: "one"}).Look(t.Context(), d.Conn); !errors.Is(err, instep.ErrMigrating) {
		t.Errorf("got %v", err)
	}
}

// What was seen stands while nothing can be seen.
func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var found snapshot.Difference
		var failure error
		looks := 0
		w := instep.NewWatch(func(context.Context) (snapshot.Difference, error) {
			looks++
			return found, failure
		}, slog.New(slog.NewTextHandler(&log, nil)))
		step := func(name, want string, d snapshot.Difference, err error) {
			t.Helper()
			time.Sleep(16 * time.Second)
			found, failure = d, err
			got := w.Ready(t.Context())
			switch {
			case want == "" && got != nil:
				t.Errorf("%s: got %v, want nil", name, got)
			case want != "" && (!fault.Is(got, fault.Unavailable) || !strings.Contains(got.Error(), want)):
				t.Errorf("%s: got %v, want %q", name, got, want)
			}
		}
		step("at first the database is away", "does not answer", snapshot.Difference{}, errors.New("away"))
		step("another release migrates", "", snapshot.Difference{}, instep.ErrMigrating)
		step("not migrated", "router migrate", snapshot.Difference{}, instep.ErrBehind)
		step("away again", "does not answer", snapshot.Difference{}, errors.New("away"))
		step("in step, and more", "", snapshot.Difference{More: []snapshot.Finding{{Object: "a.b", Text: "the column a.b is in no file"}}}, nil)
		step("away, after it was in step", "", snapshot.Difference{}, errors.New("away"))
		lacks := snapshot.Difference{Missing: []snapshot.Finding{{Object: "a.c", Text: "the column a.c is missing"}}}
		step("less", "a.c", lacks, nil)
		if w.Missing() != 1 || w.More() != 0 {
			t.Errorf("counts: %d and %d", w.Missing(), w.More())
		}
		if text := fault.Of(w.Ready(t.Context())).Message; strings.Contains(text, "a.c") {
			t.Errorf("anybody learns a name: %q", text)
		}
		step("less as before", "a.c", lacks, nil)
		step("in step again", "", snapshot.Difference{}, nil)
		if want := 9; looks != want {
			t.Errorf("it looked %d times, want %d: what was seen counts for a while", looks, want)
		}
		for text, want := range map[string]int{"the column a.c": 1, "the column a.b": 1, "again": 1, "cannot be compared": 3} {
			if n := strings.Count(log.String(), text); n != want {
				t.Errorf("%q is in the log %d times, want %d\n%s", text, n, want, &log)
			}
		}
		ctx, stop := context.WithTimeout(t.Context(), 150*time.Second)
		defer stop()
		w.Run(ctx)
		if want := 9 + 3; looks != want {
			t.Errorf("after two and a half minutes: it looked %d times, want %d", looks, want)
		}
	})
}

// Who asks while somebody looks at a database that is silent waits no longer than its context.
func TestWatchIsSilent(t *testing.T) {
	t.Parallel()
	looks := make(chan struct{}, 2)
	w := instep.NewWatch(func(ctx context.Context) (snapshot.Difference, error) {
		looks <- struct{}{}
		<-ctx.Done()
		return snapshot.Difference{}, ctx.Err()
	}, slog.New(slog.DiscardHandler))
	looking, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var first sync.WaitGroup
	first.Go(func() { _ = w.Ready(looking) })
	<-looks
	ended, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := w.Ready(ended); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want Unavailable", err)
	}
	if looking.Err() != nil {
		t.Error("it waited for the one who looks")
	}
	stop()
	first.Wait()
}
