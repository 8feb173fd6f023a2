package db_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"switchyard/shared/db/dbtest"
)

// uuidModes are the ways in which arguments and columns travel.
var uuidModes = []pgx.QueryExecMode{ //nolint:gochecknoglobals // a table
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

func TestUUID(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	direct, err := d.Direct(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close(t.Context())
	for _, mode := range uuidModes { //nolint:paralleltest // a connection is for one
		for name, q := range map[string]interface {
			QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
		}{"pooled": d, "direct": direct} {
			t.Run(mode.String()+" "+name, func(t *testing.T) {
				uuidsTravel(t, q.QueryRow, mode)
			})
		}
	}
}

func uuidsTravel(t *testing.T, row func(context.Context, string, ...any) pgx.Row, mode pgx.QueryExecMode) {
	t.Helper()
	id, other := uuid.New(), uuid.New()
	var none *uuid.UUID
	var one uuid.UUID
	kept, pointer, null := other, (*uuid.UUID)(nil), &other
	var nullable, nulled uuid.NullUUID
	var all, of []uuid.UUID
	var pointers []*uuid.UUID
	var text, words string
	err := row(t.Context(), `SELECT $1::uuid, $2::uuid, $3::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid[], ARRAY[$1::uuid, NULL]::uuid[],
		$1::uuid::text, $7::text, ARRAY(SELECT unnest($6::uuid[]))`, mode,
		id, &id, none, uuid.NullUUID{UUID: id, Valid: true}, uuid.NullUUID{}, []uuid.UUID{id, other}, id.String()).
		Scan(&one, &pointer, &kept, &null, &nullable, &nulled, &all, &pointers, &text, &words, &of)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case one != id, pointer == nil || *pointer != id, null != nil, kept != other:
		t.Errorf("got %v, %v, %v, and NULL made %v of %v", one, pointer, null, kept, other)
	case !nullable.Valid || nullable.UUID != id || nulled.Valid:
		t.Errorf("got %v and %v", nullable, nulled)
	case !slices.Equal(all, []uuid.UUID{id, other}) || !slices.Equal(of, all):
		t.Errorf("got %v and %v", all, of)
	case len(pointers) != 2 || pointers[0] == nil || *pointers[0] != id || pointers[1] != nil:
		t.Errorf("got %v", pointers)
	case text != id.String() || words != text:
		t.Errorf("got %q and %q", text, words)
	}
}

// What else can be read of a column, or given for it, is as pgx has it.
func TestUUIDOtherwise(t *testing.T) {
	t.Parallel()
	d, id := dbtest.New(t), uuid.New()
	var text string
	var raw [16]byte
	var theirs pgtype.UUID
	var any any
	err := d.QueryRow(t.Context(), `SELECT $1::uuid, $2::uuid, $3::uuid, $1::uuid`, id.String(), [16]byte(id), pgtype.UUID{Bytes: id, Valid: true}).
		Scan(&text, &raw, &theirs, &any)
	if err != nil || text != id.String() || raw != id || theirs.Bytes != id || any != [16]byte(id) {
		t.Errorf("got %q, %x, %v, %v, %v", text, raw, theirs, any, err)
	}
	var one uuid.UUID
	if err := d.QueryRow(t.Context(), `SELECT '\x00'::bytea`).Scan(&one); err == nil {
		t.Errorf("a byte was read as %v", one)
	}
	if err := d.QueryRow(t.Context(), `SELECT $1::uuid`, "none").Scan(&one); err == nil {
		t.Error("a text that is no uuid was taken")
	}
}

//nolint:paralleltest // it counts what is allocated
func TestMemoryOfUUIDs(t *testing.T) {
	d := dbtest.New(t)
	pooled, err := d.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pooled.Release()
	uuidsAreCheap(t, "pooled", pooled.Conn())
	direct, err := d.Direct(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close(t.Context())
	uuidsAreCheap(t, "direct", direct)
	listening, stop := context.WithCancel(t.Context())
	d.Listen(listening, "uuids", func(_ context.Context, conn *pgx.Conn) error {
		defer stop()
		uuidsAreCheap(t, "listening", conn)
		return nil
	}, nil)
}

// uuidsAreCheap fails the test if a uuid takes more memory than it takes to hand it over.
func uuidsAreCheap(t *testing.T, name string, conn *pgx.Conn) {
	t.Helper()
	m, id, buf := conn.TypeMap(), uuid.New(), make([]byte, 0, 64)
	var read uuid.UUID
	var err error
	if n := testing.AllocsPerRun(100, func() {
		buf, err = m.Encode(pgtype.UUIDOID, pgtype.BinaryFormatCode, id, buf[:0])
	}); n > 1 || err != nil {
		t.Errorf("%s: an argument takes %v allocations, want 1 at most: %v", name, n, err)
	}
	if n := testing.AllocsPerRun(100, func() {
		err = m.Scan(pgtype.UUIDOID, pgtype.BinaryFormatCode, buf, &read)
	}); n > 0 || err != nil {
		t.Errorf("%s: a column takes %v allocations, want none: %v", name, n, err)
	}
	if read != id {
		t.Errorf("%s: read %v, want %v", name, read, id)
	}
}

// BenchmarkUUID compares uuid.UUID as pgx has it by itself, and as it is here.
func BenchmarkUUID(b *testing.B) {
	d := dbtest.New(b)
	conn, err := d.Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Release()
	id := uuid.New()
	for name, m := range map[string]*pgtype.Map{"pgx": pgtype.NewMap(), "here": conn.Conn().TypeMap()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var read uuid.UUID
			buf := make([]byte, 0, 64)
			for b.Loop() {
				var err error
				if buf, err = m.Encode(pgtype.UUIDOID, pgtype.BinaryFormatCode, id, buf[:0]); err != nil {
					b.Fatal(err)
				}
				if err = m.Scan(pgtype.UUIDOID, pgtype.BinaryFormatCode, buf, &read); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
