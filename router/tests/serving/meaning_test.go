package serving_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchyard/router/internal/routertest"
)

// What PostgreSQL cannot hold is refused however it is sent, with the place where it is.
func TestWhatPostgreSQLCannotHold(t *testing.T) {
	t.Parallel()
	r := routertest.Start(t, withFind(), routertest.Environment(t, "")).SignUp()
	signUp := func(email, name string) string {
		text, _ := json.Marshal(map[string]string{"name": name, "email": email, "password": "correct horse battery"})
		return string(text)
	}
	const asJSON, asForm = "application/json", "application/x-www-form-urlencoded"
	for name, tt := range map[string]struct {
		method, path, as, body string
		status                 int
		want                   string // in the answer
	}{
		"a zero byte in a path":        {"DELETE", "/api/keys/%00", "", "", 422, `"location":"path.id"`},
		"no UTF-8 in a path":           {"DELETE", "/api/keys/%FF", "", "", 422, `"location":"path.id"`},
		"a zero byte in a query":       {"GET", "/api/sample?status=%00", "", "", 422, `"location":"query.status"`},
		"no UTF-8 in a query":          {"GET", "/api/sample?status=%FF", "", "", 422, `"location":"query.status"`},
		"a zero byte in a body":        {"POST", "/api/keys", asJSON, `{"name":"\u0000"}`, 422, `"location":"body.name"`},
		"no UTF-8 in a body":           {"POST", "/api/keys", asJSON, "{\"name\":\"\xff\"}", 400, `"location":"body.name"`},
		"a number that does not fit":   {"POST", "/api/keys", asJSON, `{"name":"a","expiresInDays":1e400}`, 422, `"location":"body.expiresInDays"`},
		"a zero byte in a page's form": {"POST", "/sign-in", asForm, "email=a%40b.cd%00&password=correct", 400, "The field"},
		"no UTF-8 in a page's form":    {"POST", "/sign-up", asForm, "name=%FF&email=a%40b.cd&password=correct+horse+battery", 400, "The field"},
		"a form of another type":       {"POST", "/sign-in", asJSON, `{"email":"a@b.cd"}`, 415, "This takes forms"},
		"a form with a file":           {"POST", "/sign-in", "multipart/form-data; boundary=x", "--x--", 415, "This takes forms"},
		"a zero byte in a link":        {"GET", "/api/auth/reset-password/%00?callbackURL=/reset-password", "", "", 302, ""},
		"a zero byte at sign-up":       {"POST", "/api/auth/sign-up/email", asJSON, signUp("a@b.cd", "\x00"), 400, `"code":"VALIDATION_ERROR"`},
		"a long address at sign-up":    {"POST", "/api/auth/sign-up/email", asJSON, signUp(strings.Repeat("a", 900_000)+"@example.com", "A"), 400, `"code":"VALIDATION_ERROR","message":"[body.email] Invalid email address"`},
		"a long address at sign-in":    {"POST", "/api/auth/sign-in/email", asJSON, signUp(strings.Repeat("a", 900_000)+"@example.com", "A"), 400, "INVALID_EMAIL"},
		"a bad escape":                 {"GET", "/api/sample?status=%zz", "", "", 400, "not well encoded"},
		"a bad escape, on a page":      {"GET", "/sign-in?next=%zz", "", "", 400, "not well encoded"},
		"the last of two, by JavaScript": {
			"POST", "/api/auth/sign-in/email", asJSON,
			`{"email":"nobody@example.com","email":"ada@example.com","Email":"x","password":"correct horse battery"}`, 200, `"email":"ada@example.com"`,
		},
		"twice, by us": {"POST", "/api/keys", asJSON, `{"name":"a","name":"b"}`, 422, `"location":"body.name"`},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, r.URL+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		if tt.as != "" {
			req.Header.Set("Content-Type", tt.as)
		}
		req.Header.Set("Cookie", r.Cookie)
		req.Header.Set("Origin", origin(t, r.URL))
		resp := r.Do(req)
		text, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != tt.status || !strings.Contains(string(text), tt.want) {
			t.Errorf("%s: %d %.300s, want %d with %s", name, resp.StatusCode, text, tt.status, tt.want)
		}
	}
	if log := r.Log.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("there is an error in the log:\n%s", log)
	}
}

func origin(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Scheme + "://" + u.Host
}
