package betterauth_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"

	"switchyard/shared/config"
)

// passphrase is everybody's password.
const passphrase = "correct horse battery"

// fields are the fields of a JSON object.
type fields map[string]any

// browser keeps cookies and says where its requests come from.
type browser struct {
	*server

	cookies map[string]string
}

func (s *server) browser() *browser { return &browser{s, map[string]string{}} }

// do sends a request to a route, with a body as JSON unless it is nil or text.
func (b *browser) do(method, path string, body any, header ...string) answer {
	b.t.Helper()
	text, ok := body.(string)
	if !ok && body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		text = string(data)
	}
	var pairs []string
	for name, value := range b.cookies {
		pairs = append(pairs, name+"="+value)
	}
	header = append([]string{"Origin", shop, "Cookie", strings.Join(pairs, "; ")}, header...)
	a := b.send(method, "/api/auth"+path, text, header...)
	for _, line := range a.Header["Set-Cookie"] {
		name, rest, _ := strings.Cut(line, "=")
		value, attributes, _ := strings.Cut(rest, ";")
		if b.cookies[name] = value; strings.Contains(attributes, "Max-Age=0") {
			delete(b.cookies, name)
		}
	}
	return a
}

func (b *browser) post(path string, body any) answer { b.t.Helper(); return b.do("POST", path, body) }

// open opens a link of a mail.
func (b *browser) open(link string) answer {
	b.t.Helper()
	path, ok := strings.CutPrefix(link, shop+"/api/auth")
	if !ok {
		b.t.Fatalf("the link %s leads elsewhere", link)
	}
	return b.do("GET", path, nil)
}

// who returns the address of who is signed in, "" for nobody.
func (b *browser) who() string {
	b.t.Helper()
	email, _ := b.do("GET", "/get-session", nil).user(b.t)
	return email
}

// signUp lets somebody sign up, and returns the browser in which that was.
func (s *server) signUp(email string) *browser {
	s.t.Helper()
	b := s.browser()
	if a := b.post("/sign-up/email", fields{"name": "Ada", "email": email, "password": passphrase}); a.StatusCode != http.StatusOK {
		s.t.Fatalf("%s cannot sign up: %d %s", email, a.StatusCode, a.body)
	}
	return b
}

// signIn tries a password in another browser.
func (s *server) signIn(email, password string) (*browser, answer) {
	s.t.Helper()
	b := s.browser()
	return b, b.post("/sign-in/email", fields{"email": email, "password": password})
}

// posted is a mail that waits to be sent.
type posted struct{ to, subject, url, token string }

// mails returns the mails to an address, oldest first.
func (s *server) mails(to string) []posted {
	s.t.Helper()
	rows, err := s.db.Query(s.t.Context(), `SELECT "to", subject, url, token FROM mail WHERE "to" = $1 ORDER BY id`, to)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var list []posted
	for rows.Next() {
		var m posted
		if err := rows.Scan(&m.to, &m.subject, &m.url, &m.token); err != nil {
			s.t.Fatal(err)
		}
		list = append(list, m)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return list
}

// mail returns the newest mail to an address, and fails unless there are n.
func (s *server) mail(to string, n int) posted {
	s.t.Helper()
	list := s.mails(to)
	if len(list) != n {
		s.t.Fatalf("%d mails to %s, want %d", len(list), to, n)
	}
	return list[n-1]
}

// count returns what a query counts.
func (s *server) count(sql string, args ...any) int {
	s.t.Helper()
	var n int
	if err := s.db.QueryRow(s.t.Context(), sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// text returns what a query finds.
func (s *server) text(sql string, args ...any) string {
	s.t.Helper()
	var text string
	if err := s.db.QueryRow(s.t.Context(), sql, args...).Scan(&text); err != nil {
		s.t.Fatal(err)
	}
	return text
}

// object returns the fields of a JSON body.
func (a answer) object(t testing.TB) fields {
	t.Helper()
	var f fields
	if err := json.Unmarshal([]byte(a.body), &f); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return f
}

// refused fails unless a is an error with this status and code.
func (a answer) refused(t testing.TB, what string, status int, code string) {
	t.Helper()
	if a.StatusCode != status || a.code() != code {
		t.Errorf("%s: %d %s, want %d %s", what, a.StatusCode, a.body, status, code)
	}
}

// says fails unless a is a success with this body.
func (a answer) says(t testing.TB, what, body string) {
	t.Helper()
	if a.StatusCode != http.StatusOK || a.body != body {
		t.Errorf("%s: %d %s, want %s", what, a.StatusCode, a.body, body)
	}
}

// leads fails unless a redirects to location.
func (a answer) leads(t testing.TB, what, location string) {
	t.Helper()
	if a.StatusCode != http.StatusFound || a.Header.Get("Location") != location || a.body != "" {
		t.Errorf("%s: %d to %q %s, want %q", what, a.StatusCode, a.Header.Get("Location"), a.body, location)
	}
}

// atOnce sends n requests at once and returns how many answers had which status and
// code.
func atOnce(n int, send func(i int) answer) map[string]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	counts := map[string]int{}
	for i := range n {
		all.Go(func() {
			a := send(i)
			mu.Lock()
			defer mu.Unlock()
			counts[strings.TrimSpace(fmt.Sprint(a.StatusCode, " ", a.code()))]++
		})
	}
	all.Wait()
	return counts
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// query encodes parameters; pairs are names and values in turn.
func query(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return "?" + values.Encode()
}

func withMail(c *config.Auth) { c.Sink = "file" }

const statusTrue = `{"status":true}`

func TestErrorPage(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for q, want := range map[string]string{
		"":                                    "/?error=UNKNOWN",
		"?error=":                             "/?error=UNKNOWN",
		"?error=state_mismatch":               "/?error=state_mismatch",
		"?error=it's":                         "/?error=it%27s",
		"?error=%3Cscript%3E":                 "/?error=UNKNOWN",
		"?error=a%0d%0aSet-Cookie:x":          "/?error=UNKNOWN",
		"?error=X&error_description=a+b%26c~": "/?error=X&error_description=a+b%26c%7E",
		"?error=X&error_description=%0d%0aSet-Cookie:x%3D1": "/?error=X&error_description=%0D%0ASet-Cookie%3Ax%3D1",
	} {
		s.send("GET", "/api/auth/error"+q, "").leads(t, q, want)
	}
}
