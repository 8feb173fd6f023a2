package serve_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/auth"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// people admits whoever says a name, and gives the browser a cookie.
type people struct{}

func (people) Admit(w http.ResponseWriter, r *http.Request) (context.Context, error) {
	http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
	if name := fn.NameOf(r.Context()); name != "" {
		return nil, fault.New(fault.Internal, "The call of %s has begun before it is known who calls.", name)
	}
	switch id := r.Header.Get("X-Who"); id {
	case "":
		return nil, fault.New(fault.Unauthorized, "Sign in to use this.")
	case "down":
		return nil, fault.New(fault.Unavailable, "The database does not answer.")
	default:
		return auth.With(r.Context(), auth.User{ID: id}, auth.Session{}), nil
	}
}

// machines admits one key.
type machines struct{}

func (machines) Admit(r *http.Request) (context.Context, error) {
	if r.Header.Get("Authorization") != "Bearer sw_key" {
		return nil, fault.New(fault.Unauthorized, "Present a key.")
	}
	return auth.With(r.Context(), auth.User{ID: "owner"}, auth.Session{}), nil
}

type who struct{}

type whoOutput struct{ Body string }

func (who) Handle(ctx context.Context, _ *struct{}) (*whoOutput, error) {
	return &whoOutput{Body: auth.UserFrom(ctx).ID}, nil
}

func TestAdmission(t *testing.T) {
	t.Parallel()
	closedPage := page("pages/closed", "/closed", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, auth.UserFrom(r.Context()).ID)
	})
	closedPage.Spec = fn.Page{Route: "/closed"}
	anywhere := page("pages/anywhere", "POST /anywhere", func(http.ResponseWriter, *http.Request) {})
	anywhere.Spec = fn.Page{Route: "POST /anywhere", Access: fn.Public, AnyOrigin: true}
	host := start(t, serve.Config{Functions: []function.Function{
		typed("api/who", fn.Endpoint{Route: "GET /api/who"}, endpoint.New(who{})),
		typed("api/machine", fn.Endpoint{Route: "GET /api/machine", Access: fn.Service}, endpoint.New(who{})),
		closedPage, anywhere,
	}})
	tests := []struct {
		name, method, path string
		headers            []string
		status             int
		body, location     string
	}{
		{"endpoint, nobody", "GET", "/api/who", nil, 401, "Sign in to use this.", ""},
		{"endpoint, a user", "GET", "/api/who", []string{"X-Who: ada"}, 200, `"ada"`, ""},
		{"endpoint, a machine", "GET", "/api/who", []string{"Authorization: Bearer sw_key"}, 401, "", ""},
		{"endpoint, trouble", "GET", "/api/who", []string{"X-Who: down"}, 503, "does not answer", ""},
		{"service, nobody", "GET", "/api/machine", nil, 401, "Present a key.", ""},
		{"service, a user", "GET", "/api/machine", []string{"X-Who: ada"}, 401, "", ""},
		{"service, a machine", "GET", "/api/machine", []string{"Authorization: Bearer sw_key"}, 200, `"owner"`, ""},
		{"page, nobody", "GET", "/closed?a=b&c=%2F", nil, 303, "", "/sign-in?next=%2Fclosed%3Fa%3Db%26c%3D%252F"},
		{"page, nobody, a form", "POST", "/closed", nil, 303, "", "/sign-in"},
		{"page, a user", "GET", "/closed", []string{"X-Who: ada"}, 200, "ada", ""},
		{"page, trouble", "GET", "/closed", []string{"X-Who: down"}, 503, "does not answer", ""},
		{"page, a user's form from elsewhere", "POST", "/closed", []string{"X-Who: ada", "Origin: https://evil.example"}, 403, "", ""},
		{"a page with rules of its own", "POST", "/anywhere", []string{"Origin: https://evil.example"}, 200, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := send(t, tt.method, host.url+tt.path, nil, tt.headers...)
			if got.status != tt.status || !strings.Contains(got.body, tt.body) || got.header.Get("Location") != tt.location {
				t.Errorf("got %d %q to %q; want %d %q to %q", got.status, got.body, got.header.Get("Location"), tt.status, tt.body, tt.location)
			}
		})
	}
}

func TestClosedWithoutDoor(t *testing.T) {
	t.Parallel()
	for _, access := range []fn.Access{fn.SignedIn, fn.Service} {
		_, err := serve.New(serve.Config{Functions: []function.Function{
			typed("api/who", fn.Endpoint{Route: "GET /api/who", Access: access}, endpoint.New(who{})),
		}})
		if err == nil || !strings.Contains(err.Error(), "api/who") {
			t.Errorf("%s: got %v, want an error that names the function", access, err)
		}
	}
}
