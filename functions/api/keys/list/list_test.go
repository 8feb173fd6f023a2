package list_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"switchyard/functions/api/keys/list"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestList(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	keys, err := apikey.Open(t.Context(), config.AuthNames{}, d)
	if err != nil {
		t.Fatal(err)
	}
	f, user := list.Function{Keys: keys}, authtest.User(t, d)
	key, secret, err := keys.Create(t.Context(), user.ID, "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Handle(authtest.As(t, user), &list.Input{})
	if err != nil || len(out.Body.Keys) != 1 || out.Body.Keys[0] != key {
		t.Fatalf("got %+v, %v", out, err)
	}
	text, err := json.Marshal(out.Body)
	if err != nil || strings.Contains(string(text), secret[8:]) {
		t.Errorf("the list shows the key itself, %v", err)
	}
	for name, ctx := range map[string]context.Context{"a second user": authtest.As(t, authtest.User(t, d)), "nobody": t.Context()} {
		out, err := f.Handle(ctx, &list.Input{})
		if err != nil || out.Body.Keys == nil || len(out.Body.Keys) != 0 {
			t.Errorf("%s: %+v, %v, want an empty list", name, out, err)
		}
	}
}
