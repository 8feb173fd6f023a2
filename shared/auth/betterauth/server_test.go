package betterauth_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"switchyard/shared/auth/betterauth"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/mail"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	secret = "golden-secret-0123456789abcdefghijklmnopqrstuvwxyz"
	shop   = "http://shop.example"

	tokenCookie = "better-auth.session_token"
	cacheCookie = "better-auth.session_data"
	shortCookie = "better-auth.dont_remember"
)

// queries counts what a database is asked.
type queries struct{ n atomic.Int64 }

func (q *queries) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	q.n.Add(1)
	return ctx
}

func (*queries) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// server is a Better Auth over HTTP, with a database of its own.
type server struct {
	t       testing.TB
	auth    *betterauth.Server
	db      *db.DB
	queries *queries
	url     string
}

// start starts one. change may change its settings; nil leaves them.
func start(t testing.TB, change func(*config.Auth)) *server {
	t.Helper()
	d := dbtest.New(t)
	c, err := pgxpool.ParseConfig(d.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	asked := &queries{}
	c.ConnConfig.Tracer = asked
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	d.Pool.Close()
	d.Pool = pool // which tells of its queries
	s := &server{t: t, db: d, queries: asked}
	s.auth = open(t, s.db, change)
	running := httptest.NewServer(s.auth)
	t.Cleanup(running.Close)
	s.url = running.URL
	return s
}

func open(t testing.TB, d *db.DB, change func(*config.Auth)) *betterauth.Server {
	t.Helper()
	at, err := url.Parse(shop)
	if err != nil {
		t.Fatal(err)
	}
	c := config.Auth{
		Secret: secret, URL: config.URL{URL: at}, SecureCookies: config.Automatic,
		Client: config.Client{Proxies: config.Proxies{Hops: 1}},
	}
	if change != nil {
		change(&c)
	}
	bus, err := events.Open(t.Context(), config.Events{}, d)
	if err != nil {
		t.Fatal(err)
	}
	queue, err := mail.Open(t.Context(), d, bus)
	if err != nil {
		t.Fatal(err)
	}
	a, err := betterauth.Open(t.Context(), c, d, queue, bus)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func cached(c *config.Auth) { c.CookieCache = config.Span(5 * time.Minute) }

// exec changes the database behind the server's back.
func (s *server) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

// session adds a session of Ada's that began so long ago and was not used since,
// and returns its cookie.
func (s *server) session(token string, age time.Duration) string {
	s.t.Helper()
	s.exec(`INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('ada', 'Ada', 'ada@example.com', true) ON CONFLICT DO NOTHING`)
	began := time.Now().Add(-age)
	s.exec(`INSERT INTO session (id, token, "userId", "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent")
		VALUES ('id of ' || $1, $1, 'ada', $2, $3, $3, '', '')`, token, began.Add(7*24*time.Hour), began)
	return tokenCookie + "=" + sign(secret, token)
}

// expiry returns when a session ends, and false if there is none.
func (s *server) expiry(token string) (time.Time, bool) {
	s.t.Helper()
	var at *time.Time
	err := s.db.QueryRow(s.t.Context(), `SELECT max("expiresAt") FROM session WHERE token = $1`, token).Scan(&at)
	if err != nil {
		s.t.Fatal(err)
	}
	if at == nil {
		return time.Time{}, false
	}
	return *at, true
}

// answer is an answer with its body read.
type answer struct {
	*http.Response

	body string
}

// send sends a request; header are names and values in turn.
func (s *server) send(method, path, body string, header ...string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{response, string(text)}
}

// get asks for the session that these cookies name.
func (s *server) get(cookies ...string) answer {
	s.t.Helper()
	return s.send("GET", "/api/auth/get-session", "", "Cookie", strings.Join(cookies, "; "))
}

// code returns the code of an error.
func (a answer) code() string {
	var problem struct{ Code string }
	_ = json.Unmarshal([]byte(a.body), &problem) // no JSON, no code
	return problem.Code
}

// cookie returns a cookie that is set, without its name; "" if it is not.
func (a answer) cookie(name string) string {
	for _, line := range a.Header["Set-Cookie"] {
		if rest, ok := strings.CutPrefix(line, name+"="); ok {
			return rest
		}
	}
	return ""
}

// sent returns a cookie that is set as the browser sends it back.
func (a answer) sent(name string) string {
	value, _, _ := strings.Cut(a.cookie(name), ";")
	return name + "=" + value
}

// sign signs as Node does.
func sign(secret, value string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(value))
	return url.QueryEscape(value + "." + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// user returns the e-mail address and the token of a session that was answered;
// "" for null.
func (a answer) user(t testing.TB) (email, token string) {
	t.Helper()
	var answered *struct {
		User    struct{ Email string }
		Session struct{ Token string }
	}
	if a.StatusCode != http.StatusOK {
		t.Fatalf("the answer is %d %s", a.StatusCode, a.body)
	}
	if err := json.NewDecoder(bytes.NewBufferString(a.body)).Decode(&answered); err != nil {
		t.Fatal(err)
	}
	if answered == nil {
		return "", ""
	}
	return answered.User.Email, answered.Session.Token
}
