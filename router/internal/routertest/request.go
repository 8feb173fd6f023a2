package routertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// SignUp makes an account for Ada and returns the router as she sees it.
func (r *Router) SignUp() *Router {
	r.T.Helper()
	user, _ := r.SignUpAs("ada")
	return user
}

// SignUpAs makes an account for name@example.com, and returns the router as its owner
// sees it, and the owner's id.
func (r *Router) SignUpAs(name string) (user *Router, id string) {
	r.T.Helper()
	return r.begin("sign-up", name)
}

// SignInAs returns the router as its user name@example.com sees it in another session.
func (r *Router) SignInAs(name string) *Router {
	r.T.Helper()
	user, _ := r.begin("sign-in", name)
	return user
}

// begin begins a session of name@example.com.
func (r *Router) begin(how, name string) (user *Router, id string) {
	r.T.Helper()
	body := fmt.Sprintf(`{"name":%q,"email":"%[1]s@example.com","password":"correct horse battery"}`, name)
	resp := r.Send(http.MethodPost, "/api/auth/"+how+"/email", strings.NewReader(body))
	defer resp.Body.Close()
	var account struct{ User struct{ ID string } }
	if err := json.NewDecoder(resp.Body).Decode(&account); err != nil || account.User.ID == "" {
		r.T.Fatalf("%s: %d %v", how, resp.StatusCode, err)
	}
	other := *r
	for _, c := range resp.Cookies() {
		other.Cookie += c.Name + "=" + c.Value + "; "
	}
	return &other, account.User.ID
}

// In returns the router for a test within its test.
func (r *Router) In(t testing.TB) *Router {
	t.Helper()
	inner := *r
	inner.T = t
	return &inner
}

// Send sends a request as whoever is signed in. A body is JSON. Redirects are not followed.
func (r *Router) Send(method, path string, body io.Reader) *http.Response {
	r.T.Helper()
	req, err := http.NewRequestWithContext(r.T.Context(), method, r.URL+path, body)
	if err != nil {
		r.T.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.Cookie != "" {
		req.Header.Set("Cookie", r.Cookie)
	}
	if strings.HasPrefix(path, "/api/auth/") {
		req.Header.Set("Origin", r.URL)
	}
	return r.Do(req)
}

// Do sends a request as it is. Redirects are not followed.
func (r *Router) Do(req *http.Request) *http.Response {
	r.T.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		r.T.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	return resp
}

// Call sends a JSON request and decodes the answer into out, unless that is nil. A string
// is sent as it is. It returns the status.
func (r *Router) Call(method, path string, in, out any) int {
	r.T.Helper()
	var body io.Reader
	if s, ok := in.(string); ok {
		body = strings.NewReader(s)
	} else if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			r.T.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	resp := r.Send(method, path, body)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.T.Fatalf("%s %s: %v", method, path, err)
	}
	if out != nil {
		if err := json.Unmarshal(b, out); err != nil {
			r.T.Fatalf("%s %s: %d: %v in %s", method, path, resp.StatusCode, err, b)
		}
	}
	return resp.StatusCode
}

// Ask sends a request as browsers and clients elsewhere do, as whoever is signed in.
// Headers are "Name: value". The answer is closed after the test.
func (r *Router) Ask(method, path, body string, headers ...string) *http.Response {
	r.T.Helper()
	req, err := http.NewRequestWithContext(r.T.Context(), method, r.URL+path, strings.NewReader(body))
	if err != nil {
		r.T.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if req.Header.Add(name, value); name == "Host" {
			req.Host = value
		}
	}
	if r.Cookie != "" {
		req.Header.Set("Cookie", r.Cookie)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		r.T.Fatal(err)
	}
	r.T.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// Reply is an answer to [Router.Post]: what was taken, or what is wrong.
type Reply struct {
	Status int `json:"-"`
	IDs    []uuid.UUID
	Detail string
	Errors []struct{ Message, Location string }
}

// Locations returns where the parts are that are wrong, with spaces between them.
func (r Reply) Locations() string {
	var all []string
	for _, e := range r.Errors {
		all = append(all, e.Location)
	}
	return strings.Join(all, " ")
}

// Post sends body to path with these headers and no cookie.
func (r *Router) Post(path string, header map[string]string, body string) (reply Reply) {
	r.T.Helper()
	req, err := http.NewRequestWithContext(r.T.Context(), http.MethodPost, r.URL+path, strings.NewReader(body))
	if err != nil {
		r.T.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp := r.Do(req)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.T.Fatal(err)
	}
	if len(text) > 0 && json.Unmarshal(text, &reply) != nil {
		r.T.Fatalf("%d %s is not JSON", resp.StatusCode, text)
	}
	reply.Status = resp.StatusCode
	return reply
}

// Key is a key of a machine.
type Key struct{ ID, Name, Secret string }

// MakeKey makes a key for a machine of whoever is signed in.
func (r *Router) MakeKey(name string) Key {
	r.T.Helper()
	var made struct {
		Key    Key
		Secret string
	}
	if status := r.Call(http.MethodPost, "/api/keys", map[string]any{"name": name}, &made); status != http.StatusCreated {
		r.T.Fatalf("make the key %q: status %d", name, status)
	}
	made.Key.Secret = made.Secret
	return made.Key
}

// Keys returns the keys of whoever is signed in, newest first, without their secrets.
func (r *Router) Keys() []Key {
	r.T.Helper()
	var list struct{ Keys []Key }
	if status := r.Call(http.MethodGet, "/api/keys", nil, &list); status != http.StatusOK {
		r.T.Fatalf("list the keys: status %d", status)
	}
	return list.Keys
}
