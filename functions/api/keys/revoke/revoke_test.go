package revoke_test

import (
	"context"
	"testing"

	"switchyard/functions/api/keys/revoke"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestRevoke(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	keys, err := apikey.Open(t.Context(), config.AuthNames{}, d)
	if err != nil {
		t.Fatal(err)
	}
	f, user := revoke.Function{Keys: keys}, authtest.User(t, d)
	key, _, err := keys.Create(t.Context(), user.ID, "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	in := &revoke.Input{ID: key.ID}
	for name, ctx := range map[string]context.Context{"a second user": authtest.As(t, authtest.User(t, d)), "nobody": t.Context()} {
		if _, err := f.Handle(ctx, in); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want NotFound", name, err)
		}
	}
	if _, err := f.Handle(authtest.As(t, user), in); err != nil {
		t.Error(err)
	}
	if _, err := f.Handle(authtest.As(t, user), in); !fault.Is(err, fault.NotFound) {
		t.Errorf("again: %v, want NotFound", err)
	}
	if left, err := keys.List(t.Context(), user.ID); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}
