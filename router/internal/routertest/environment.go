package routertest

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/internal/stack"
	"switchyard/shared/bucket/buckettest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
)

// nowhere is the address of an Inngest server that is not there.
const nowhere = "http://127.0.0.1:1"

// Environment returns the variables of a router with a database and a bucket of its own,
// and the Inngest server at inngest ("" for none). Mail goes to a file: see [Router.Mailed].
func Environment(t testing.TB, inngest string) []string {
	t.Helper()
	b := buckettest.Config(t)
	if inngest == "" {
		inngest = nowhere
	}
	port, err := stack.FreePort() // Inngest and browsers must know it before it listens
	if err != nil {
		t.Fatal(err)
	}
	return []string{
		"HOST=127.0.0.1", "PORT=" + strconv.Itoa(port), "LOG_FORMAT=json", "LOG_LEVEL=info",
		"DATABASE_URL=" + dbtest.URL(t),
		"BUCKET=" + b.Name, "ACCESS_KEY_ID=" + b.AccessKeyID,
		"SECRET_ACCESS_KEY=" + b.SecretAccessKey.Reveal(),
		"ENDPOINT=" + b.Endpoint.String(), "REGION=" + b.Region,
		"INNGEST_DEV=" + inngest,
		"BETTER_AUTH_SECRET=a secret of at least 32 characters", "BETTER_AUTH_URL=http://127.0.0.1:" + strconv.Itoa(port), "AUTH_RATE_LIMIT=off",
		"MAIL_SINK=file", "MAIL_FILE=" + filepath.Join(t.TempDir(), "mail.jsonl"),
	}
}

// StartInngest starts an Inngest server for this test alone, and returns its URL.
func StartInngest(t testing.TB) string {
	t.Helper()
	server, err := stack.StartInngest(t.Context(), stack.Options{
		Dir: t.TempDir(), Progress: func(s string) { t.Log(s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() }) // whether it ends in time is tested by package stack
	return server.URL
}

// ValueOf returns the variable called name; the last one counts, as in [os/exec.Cmd].
func ValueOf(env []string, name string) (value string) {
	for _, kv := range env {
		if v, found := strings.CutPrefix(kv, name+"="); found {
			value = v
		}
	}
	return value
}

// Reader reads env as a router does.
func Reader(env []string) *config.Reader {
	return config.NewReader(func(name string) string { return ValueOf(env, name) })
}

// DB opens the database of a router with this environment, for the time of the test.
func DB(t testing.TB, env []string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), config.Read[config.Database](Reader(env)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// ForgetsPassword asks for a mail to an account that is there, by which its owner sets
// another password. With an Inngest server it takes a job to send it: see [Router.Mailed].
func (r *Router) ForgetsPassword(email string) {
	r.T.Helper()
	in := map[string]string{"email": email, "redirectTo": "/reset-password"}
	if status := r.Call(http.MethodPost, "/api/auth/request-password-reset", in, nil); status != http.StatusOK {
		r.T.Fatalf("ask for a mail to %s: %d", email, status)
	}
}

// Mailed waits until n mails have been sent.
func (r *Router) Mailed(n int) {
	r.T.Helper()
	await.That(r.T, strconv.Itoa(n)+" mails are sent", func() bool {
		sent, _ := os.ReadFile(ValueOf(r.Env, "MAIL_FILE")) // none before the first
		return strings.Count(string(sent), "\n") >= n
	})
}

// Root returns the folder of the module in which the test runs.
func Root(t testing.TB) string {
	t.Helper()
	start, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatalf("there is no go.mod in or above %s", start)
		}
	}
}
