package get_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/functions/api/files/get"
	"switchyard/shared/fault"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestGet(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := get.Function{Files: d.Files}
	file := d.Create(t, "a", nil)
	out, err := f.Handle(t.Context(), &get.Input{ID: file.ID})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(file, out.Body); diff != "" {
		t.Error(diff)
	}
	if _, err := f.Handle(t.Context(), &get.Input{ID: uuid.Must(uuid.NewV7())}); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want NotFound", err)
	}
}
