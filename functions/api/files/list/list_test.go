package list_test

import (
	"context"
	"testing"

	"switchyard/functions/api/files/list"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestList(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := list.Function{Files: d.Files}
	d.Create(t, "a", []byte("x"))
	d.Create(t, "b", []byte("x"))

	ctx := authtest.As(t, d.User)
	in := &list.Input{Limit: 1, Status: "uploading"}
	for _, want := range []string{"b", "a"} {
		out, err := f.Handle(ctx, in)
		if err != nil || len(out.Body.Files) != 1 || out.Body.Files[0].Name != want {
			t.Fatalf("got %+v, %v, want %s", out, err, want)
		}
		in.Cursor = out.Body.NextCursor
	}
	if in.Cursor != "" {
		t.Errorf("the last page has a next one: %s", in.Cursor)
	}
	if out, err := f.Handle(ctx, &list.Input{Limit: 1, Search: "A", Kind: "other"}); err != nil || len(out.Body.Files) != 1 || out.Body.Files[0].Name != "a" {
		t.Errorf("searched: %+v, %v", out, err)
	}
	if _, err := f.Handle(ctx, &list.Input{Limit: 1, Cursor: "made up"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	d.Create(t, "a", []byte("x"))
	for name, ctx := range map[string]context.Context{"a second user": authtest.As(t, authtest.User(t, d.DB)), "nobody": t.Context()} {
		out, err := list.Function{Files: d.Files}.Handle(ctx, &list.Input{Limit: 20})
		if err != nil || out.Body.Files == nil || len(out.Body.Files) != 0 {
			t.Errorf("%s: %+v, %v, want an empty list", name, out, err)
		}
	}
}
