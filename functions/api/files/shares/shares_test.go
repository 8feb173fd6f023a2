package shares_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	api "switchyard/functions/api/files/shares"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/shares"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestShares(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := api.Function{Files: d.Files, Shares: d.Shares}
	file := d.Ready(t, "a", []byte("x"), files.Result{})
	in, ctx := &api.Input{ID: file.ID}, authtest.As(t, d.User)
	out, err := f.Handle(ctx, in)
	if err != nil || out.Body.Shares == nil || len(out.Body.Shares) != 0 {
		t.Errorf("of none: %+v, %v", out, err)
	}
	var made []shares.Share
	for _, password := range []string{"", "correct horse"} {
		s, token, err := d.Shares.Create(ctx, d.User.ID, file.ID, shares.New{Password: password})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, s)
		if out, err = f.Handle(ctx, in); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(out.Body)
		if err != nil || strings.Contains(string(text), token) || strings.Contains(string(text), "$2a$") {
			t.Errorf("the list tells what opens a link: %s, %v", text, err)
		}
	}
	if len(out.Body.Shares) != 2 || out.Body.Shares[0].ID != made[0].ID || !out.Body.Shares[1].Protected {
		t.Errorf("listed %+v, want %+v", out.Body.Shares, made)
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := api.Function{Files: d.Files, Shares: d.Shares}
	file := d.Ready(t, "a", []byte("x"), files.Result{})
	for name, ctx := range map[string]context.Context{"a second user": authtest.As(t, authtest.User(t, d.DB)), "nobody": t.Context()} {
		if out, err := f.Handle(ctx, &api.Input{ID: file.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %+v, %v, want NotFound", name, out, err)
		}
	}
}
