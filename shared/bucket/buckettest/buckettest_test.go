package buckettest_test

import (
	"os"
	"strings"
	"testing"

	"switchyard/shared/bucket/buckettest"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) {
	os.Exit(dbtest.Run(func() int { return buckettest.Run(m.Run) }))
}

func TestNew(t *testing.T) {
	t.Parallel()
	a, b := buckettest.New(t), buckettest.New(t)
	text := "hello"
	if err := a.Put(t.Context(), "k", strings.NewReader(text), int64(len(text)), "text/plain"); err != nil {
		t.Fatal(err)
	}
	if o, err := a.Head(t.Context(), "k"); err != nil || o.Size != int64(len(text)) || o.Type != "text/plain" {
		t.Errorf("Head() = %+v, %v", o, err)
	}
	if _, err := b.Head(t.Context(), "k"); !fault.Is(err, fault.NotFound) {
		t.Errorf("two tests share a bucket: %v", err)
	}
}

// A test may need both kinds of server.
func TestBoth(t *testing.T) {
	t.Parallel()
	buckettest.New(t)
	if err := dbtest.New(t).Ready(t.Context()); err != nil {
		t.Error(err)
	}
}
