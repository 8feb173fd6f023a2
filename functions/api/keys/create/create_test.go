package create_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"switchyard/functions/api/keys/create"
	"switchyard/shared/auth"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestCreate(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	keys, err := apikey.Open(t.Context(), config.AuthNames{}, d)
	if err != nil {
		t.Fatal(err)
	}
	f, user := create.Function{Keys: keys}, authtest.User(t, d)
	var in create.Input
	in.Body.Name, in.Body.ExpiresInDays = "backup", 7
	out, err := f.Handle(authtest.As(t, user), &in)
	if err != nil {
		t.Fatal(err)
	}
	if k := out.Body.Key; k.Name != "backup" || k.ExpiresAt == nil || k.ExpiresAt.Sub(k.CreatedAt) != 7*24*time.Hour {
		t.Errorf("made %+v", k)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+out.Body.Secret)
	ctx, err := keys.Admit(r)
	if err != nil || auth.UserFrom(ctx).ID != user.ID {
		t.Errorf("the key is not its maker's: %v", err)
	}

	in.Body.ExpiresInDays = 0
	if out, err := f.Handle(authtest.As(t, user), &in); err != nil || out.Body.Key.ExpiresAt != nil {
		t.Errorf("for ever: %v", err)
	}
	if _, err := f.Handle(t.Context(), &in); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("nobody: %v, want Unauthorized", err)
	}
	in.Body.Name = "a\tb"
	if _, err := f.Handle(authtest.As(t, user), &in); !fault.Is(err, fault.Invalid) {
		t.Errorf("a tab: %v, want Invalid", err)
	}
}
