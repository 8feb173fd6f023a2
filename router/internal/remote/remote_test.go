package remote_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/clientip"
	"switchyard/router/internal/function"
	"switchyard/router/internal/remote"
	"switchyard/router/internal/service"
	"switchyard/shared/auth"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// seen is what a function saw of a request.
type seen struct {
	User, Session, Address, Host, Method, URI, Body string
	Header                                          http.Header
}

// tell answers with what it sees.
func tell(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	address, _ := clientip.Trust{}.Of(r)
	w.Header().Add("Set-Cookie", "mine=1")
	w.Header().Set("Cache-Control", "public, max-age=60")
	w.Header().Set("X-Amzn-Requestid", "aws")
	w.WriteHeader(http.StatusTeapot)
	_ = json.NewEncoder(w).Encode(seen{
		User: auth.UserFrom(r.Context()).ID, Session: auth.SessionFrom(r.Context()).ID + auth.SessionFrom(r.Context()).Token,
		Address: address.String(), Host: r.Host, Method: r.Method, URI: r.URL.RequestURI(), Body: string(body), Header: r.Header,
	})
}

func TestUserCallsElsewhere(t *testing.T) {
	t.Parallel()
	f := page("pages/tell", fn.Page{Route: "/tell/{rest...}"}, tell)
	far := there(t, key, f)
	near := here(t, far.url, config.FallbackOff, f)
	got := send(t, "POST", near.url+"/tell/%C3%A9%2F%20x?b=2&a=1&a=%20&semi;colon", strings.NewReader("body"),
		"X-Who: ada", "X-Real-Ip: 203.0.113.7", "Origin: "+near.url, "Sec-Fetch-Site: same-origin", "X-Request-Id: r-1",
		"Cookie: better-auth.session_token=hunter2; theme=dark; __Secure-better-auth.session_data=hunter2", "Switchyard-Caller: forged",
		"Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Accept-Encoding: br", "User-Agent: browser")
	if got.status != http.StatusTeapot {
		t.Fatalf("%d %s\n%s", got.status, got.body, far.log)
	}
	var saw seen
	if err := json.Unmarshal([]byte(got.body), &saw); err != nil {
		t.Fatal(err)
	}
	if saw.Header.Get("Switchyard-Caller") == "forged" {
		t.Error("what a client says of itself is sent on")
	}
	saw.Header.Del("Switchyard-Caller")
	want := seen{
		User: "ada", Session: "s1", Address: "203.0.113.7", Host: strings.TrimPrefix(near.url, "http://"),
		Method: "POST", URI: "/tell/%C3%A9%2F%20x?b=2&a=1&a=%20&semi;colon", Body: "body",
		Header: http.Header{
			"X-Who": {"ada"}, "X-Request-Id": {"r-1"}, "Cookie": {"theme=dark"}, "Accept-Encoding": {"br"}, "User-Agent": {"browser"},
			"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, "X-Forwarded-For": {"203.0.113.7"},
			"X-Forwarded-Host": {strings.TrimPrefix(near.url, "http://")}, "Content-Length": {"4"},
		},
	}
	if diff := cmp.Diff(want, saw); diff != "" {
		t.Errorf("what arrives (-want +got)\n%s", diff)
	}
	got.header.Del("Date")
	got.header.Del("Content-Length")
	wantHeader := http.Header{
		"Set-Cookie": {"better-auth.session_token=renewed", "mine=1"}, "Cache-Control": {"public, max-age=60"}, "X-Request-Id": {"r-1"},
		"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}, "X-Frame-Options": {"DENY"},
		"Referrer-Policy": {"strict-origin-when-cross-origin"}, "Vary": {"Accept-Encoding"},
	}
	if diff := cmp.Diff(wantHeader, got.header); diff != "" {
		t.Errorf("the answer's header (-want +got)\n%s", diff)
	}
	near.wantSent(t, "pages/tell", "answered")
	far.wantLogged(t, `"ip":"203.0.113.7"`)
	for _, h := range []*host{near.host, far} {
		h.wantLogged(t, `"requestId":"r-1"`)
		for _, secret := range []string{"hunter2", "eyJ", key} {
			if strings.Contains(h.log.String(), secret) {
				t.Errorf("%s is in the log:\n%s", secret, h.log)
			}
		}
	}
}

func TestAdmittedHere(t *testing.T) {
	t.Parallel()
	functions := []function.Function{
		page("pages/user", fn.Page{Route: "/user"}, tell),
		page("pages/machine", fn.Page{Route: "/machine", Access: fn.Service}, tell),
		page("pages/all", fn.Page{Route: "/all", Access: fn.Public}, tell),
	}
	far := there(t, key, functions...)
	near := here(t, far.url, config.FallbackOff, functions...)
	for _, tt := range []struct {
		name, method, url string
		headers           []string
		want              int
		user              string
	}{
		{"nobody", "GET", near.url + "/user", nil, http.StatusSeeOther, ""},
		{"a user", "GET", near.url + "/user", []string{"X-Who: ada"}, http.StatusTeapot, "ada"},
		{"another site", "POST", near.url + "/user", []string{"X-Who: ada", "Sec-Fetch-Site: cross-site"}, http.StatusForbidden, ""},
		{"no key", "GET", near.url + "/machine", nil, http.StatusUnauthorized, ""},
		{"a machine", "GET", near.url + "/machine", []string{"Authorization: Bearer sw_hunter2"}, http.StatusTeapot, "owner"},
		{"anybody", "POST", near.url + "/all", []string{"X-Who: ada", "Origin: " + near.url}, http.StatusTeapot, ""},
		{"directly", "GET", far.url + "/user", []string{"X-Who: ada"}, http.StatusForbidden, ""},
		{"directly, with a key", "GET", far.url + "/machine", []string{"Authorization: Bearer sw_hunter2"}, http.StatusForbidden, ""},
		{"directly, open to all", "GET", far.url + "/all", nil, http.StatusTeapot, ""},
		{"directly, with a lie", "GET", far.url + "/all", []string{"Switchyard-Caller: x"}, http.StatusForbidden, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := send(t, tt.method, tt.url, nil, tt.headers...)
			if got.status != tt.want {
				t.Fatalf("%d %s", got.status, got.body)
			}
			var saw seen
			if got.status == http.StatusTeapot && (json.Unmarshal([]byte(got.body), &saw) != nil || saw.User != tt.user) {
				t.Errorf("the user is not %q: %s", tt.user, got.body)
			}
			if len(saw.Header["Authorization"]) > 0 {
				t.Error("the machine's key is sent on")
			}
		})
	}
}

func TestReplayedToken(t *testing.T) {
	t.Parallel()
	f := page("pages/tell", fn.Page{Route: "/tell"}, tell)
	other := page("pages/other", fn.Page{Route: "/other"}, tell)
	far := there(t, key, f, other)
	near := here(t, far.url, config.FallbackOff, f, other)
	var saw seen
	got := send(t, "GET", near.url+"/tell?x=1", nil, "X-Who: ada", "X-Request-Id: r-1")
	if err := json.Unmarshal([]byte(got.body), &saw); err != nil {
		t.Fatal(err)
	}
	token := "Switchyard-Caller: " + saw.Header.Get("Switchyard-Caller")
	for name, got := range map[string]answered{
		"to another function":     send(t, "GET", far.url+"/other?x=1", nil, token, "X-Request-Id: r-1"),
		"with another query":      send(t, "GET", far.url+"/tell?x=2", nil, token, "X-Request-Id: r-1"),
		"by another method":       send(t, "POST", far.url+"/tell?x=1", nil, token, "X-Request-Id: r-1"),
		"as another request":      send(t, "GET", far.url+"/tell?x=1", nil, token, "X-Request-Id: r-2"),
		"as a request without id": send(t, "GET", far.url+"/tell?x=1", nil, token),
	} {
		if got.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func TestHere(t *testing.T) {
	t.Parallel()
	users := service.NewEnv[config.Auth]()
	database := service.NewEnv[config.Database]()
	one := page("pages/one", fn.Page{Route: "/one"}, tell)
	one.Needs, one.Admits = []service.Need{database}, users
	job := function.Function{Name: "jobs/two", Spec: fn.Job{}, Needs: []service.Need{database}}
	all := []function.Function{one, job}
	var c config.Remote
	if err := c.Functions.UnmarshalText([]byte("pages/one=https://a.example,jobs/two=https://b.example")); err != nil {
		t.Fatal(err)
	}
	got := remote.Here(all, c)
	if got[0].Needs != nil || got[0].Admits == nil || got[1].Needs != nil {
		t.Errorf("%+v", got)
	}
	if one.Needs == nil {
		t.Error("the catalog itself is changed")
	}
	c.Fallback = config.FallbackLocal
	if got := remote.Here(all, c); len(got[0].Needs) != 1 || got[1].Needs != nil {
		t.Error("what may run here has no needs, or a job has some")
	}
	if !remote.Any(all, c) || remote.Any(all[1:], c) {
		t.Error("calls are sent to pages, and not to jobs")
	}
}
