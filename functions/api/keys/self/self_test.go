package self_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"switchyard/functions/api/keys/self"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestSelf(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	keys, err := apikey.Open(t.Context(), config.AuthNames{}, d)
	if err != nil {
		t.Fatal(err)
	}
	user := authtest.User(t, d)
	key, secret, err := keys.Create(t.Context(), user.ID, "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+secret)
	ctx, err := keys.Admit(r)
	if err != nil {
		t.Fatal(err)
	}
	out, err := self.Function{}.Handle(ctx, &self.Input{})
	if err != nil {
		t.Fatal(err)
	}
	if got := out.Body; got.Key.ID != key.ID || got.Key.LastUsedAt == nil ||
		got.Owner.ID != user.ID || got.Owner.Name != user.Name || got.Owner.Email != user.Email {
		t.Errorf("got %+v", got)
	}
	if _, err := (self.Function{}).Handle(authtest.As(t, user), &self.Input{}); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("somebody who is signed in: %v, want Unauthorized", err)
	}
}
