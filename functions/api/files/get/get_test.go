package get_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/functions/api/files/get"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestGet(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := get.Function{Files: d.Files}
	file := d.Create(t, "a", []byte("x"))
	ctx := authtest.As(t, d.User)
	out, err := f.Handle(ctx, &get.Input{ID: file.ID})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(file, out.Body.File); diff != "" || len(out.Body.Steps) != 2 || out.Body.Steps[0].Name != files.StepCreated {
		t.Error(diff, out.Body.Steps)
	}
	if _, err := f.Handle(ctx, &get.Input{ID: uuid.Must(uuid.NewV7())}); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want NotFound", err)
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := get.Function{Files: d.Files}
	in := &get.Input{ID: d.Create(t, "a", []byte("x")).ID}
	for name, ctx := range map[string]context.Context{"a second user": authtest.As(t, authtest.User(t, d.DB)), "nobody": t.Context()} {
		if out, err := f.Handle(ctx, in); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %+v, %v, want NotFound", name, out, err)
		}
	}
}
