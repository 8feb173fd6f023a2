package faults_test

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"switchyard/internal/stack"
	"switchyard/shared/bucket/buckettest"
	"switchyard/shared/config"
)

// Keys between the router, Inngest and whoever reads metrics. They are no secrets.
const (
	signingKey   = "0123456789abcdef0123456789abcdef"
	eventKey     = "the-event-key"
	metricsToken = "the-token-of-the-metrics"
)

// appID is what Inngest knows the router as, whatever the path of the module.
const appID = "faults"

//go:embed tables.sql
var tables string

// kind says what a rig is made of.
type kind struct {
	// Memory leaves Redis out: Inngest keeps its queues and runs in memory.
	memory bool
	// Replicas of the router. With more than one, or with a front, Inngest and the
	// load reach them through one address.
	replicas int
	front    bool
	// Server is the URL of what stands in for Inngest; "" for Inngest itself.
	server string
	// Dev has Inngest's development server, which has no stores.
	dev bool
	// Desk has the file desk in place of the functions of testdata.
	desk bool
}

// rig is a deployment of a test's own: PostgreSQL, Redis, Inngest and routers, each
// at an address that it keeps when it is started again.
type rig struct {
	t    *testing.T
	kind kind
	dir  string

	postgres *stack.Postgres
	inngest  *stack.Inngest
	history  *stack.Postgres // of Inngest
	redis    *stack.Redis    // of Inngest
	routers  []*replica
	front    *front
	files    config.Bucket // of the file desk

	ports struct{ postgres, inngest, history, redis int }
	app   string // the URL of the app's database
	url   string // where the app is reached
	db    *pgxpool.Pool
}

// start starts all of it and waits until the app is ready.
func start(t *testing.T, k kind) *rig {
	t.Helper()
	k.replicas = max(k.replicas, 1)
	k.front = k.front || k.replicas > 1
	dir, remove, err := stack.TempDir()
	must(t, err)
	t.Cleanup(func() { must(t, remove()) })
	r := &rig{t: t, kind: k, dir: dir}
	r.ports.postgres, r.ports.inngest, r.ports.history, r.ports.redis = freePort(t), freePort(t), freePort(t), freePort(t)
	r.startPostgres()
	r.app, err = r.postgres.CreateDatabase(t.Context(), "app")
	must(t, err)
	if k.server == "" {
		if !k.memory && !k.dev {
			r.startStores()
		}
		r.startInngest()
		r.kind.server = r.inngest.URL
	}
	if k.front {
		r.front = startFront(t)
		r.url = r.front.url
	}
	for range k.replicas {
		r.add(r.program(), "1")
	}
	r.migrate()
	for _, one := range r.routers {
		one.start()
	}
	return r
}

// program is the router that the rig deploys.
func (r *rig) program() string {
	if !r.kind.desk {
		return router.base
	}
	program, err := router.desk()
	must(r.t, err)
	return program
}

// bucket is the variables of a bucket for the file desk.
func (r *rig) bucket() []string {
	r.t.Helper()
	if r.files.Name == "" {
		r.files = buckettest.Config(r.t)
	}
	b := r.files
	return []string{
		"BUCKET=" + b.Name, "ACCESS_KEY_ID=" + b.AccessKeyID, "SECRET_ACCESS_KEY=" + b.SecretAccessKey.Reveal(),
		"ENDPOINT=" + b.Endpoint.String(), "REGION=" + b.Region, "AUTH_RATE_LIMIT=off",
		"MAIL_SINK=file", "MAIL_FILE=" + filepath.Join(r.dir, "mail.jsonl"),
	}
}

// startPostgres starts the app's database, or starts it again.
func (r *rig) startPostgres() {
	r.t.Helper()
	r.postgres = r.newPostgres("postgres", r.ports.postgres)
}

// newPostgres starts a PostgreSQL with a folder of its own.
func (r *rig) newPostgres(name string, port int) *stack.Postgres {
	r.t.Helper()
	server, err := stack.StartPostgres(r.t.Context(), stack.PostgresOptions{Options: stack.Options{
		Dir: filepath.Join(r.dir, name), Port: port, Log: r.log(name),
	}})
	must(r.t, err)
	r.t.Cleanup(func() { _ = server.Stop() })
	return server
}

// startStores starts what Inngest keeps its things in, or starts it again.
func (r *rig) startStores() {
	r.t.Helper()
	r.history = r.newPostgres("history", r.ports.history)
	server, err := stack.StartRedis(r.t.Context(), stack.Options{Dir: r.dir, Port: r.ports.redis, Log: r.log("redis")})
	must(r.t, err)
	r.t.Cleanup(func() { _ = server.Stop() })
	r.redis = server
}

// startInngest starts Inngest, or starts it again, as docs/inngest.md says.
func (r *rig) startInngest() {
	r.t.Helper()
	plain := stack.Options{Dir: r.dir, Port: r.ports.inngest, Log: r.log("inngest"), Progress: func(line string) { r.t.Log(line) }}
	o := stack.HostedOptions{Options: plain, SigningKey: signingKey, EventKey: eventKey, Retry: size.retry}
	if !r.kind.memory && !r.kind.dev {
		o.Postgres, o.Redis = r.history.URL, r.redis.URL
	}
	var err error
	if r.kind.dev {
		r.inngest, err = stack.StartInngest(r.t.Context(), plain)
	} else {
		r.inngest, err = stack.StartHostedInngest(r.t.Context(), o)
	}
	must(r.t, err)
	server := r.inngest
	r.t.Cleanup(func() { _ = server.Stop() })
}

// add adds a replica of the program, which is not started.
func (r *rig) add(program, release string) *replica {
	r.t.Helper()
	one := &replica{t: r.t, program: program, port: freePort(r.t), log: r.log("router-" + release + "-" + strconv.Itoa(len(r.routers)))}
	one.url = "http://127.0.0.1:" + strconv.Itoa(one.port)
	if r.front == nil {
		r.url = one.url
	} else {
		r.front.add(one.url)
	}
	one.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir,
		"HOST=127.0.0.1", "PORT=" + strconv.Itoa(one.port), "LOG_FORMAT=json", "LOG_LEVEL=info",
		"DATABASE_URL=" + r.app,
		"INNGEST_APP_ID=" + appID,
		"BETTER_AUTH_URL=" + r.url, "BETTER_AUTH_SECRET=a secret of at least 32 characters",
		"EVENTS_RESEND_AFTER=5s",
		"RAILWAY_DEPLOYMENT_ID=" + release, // how a router knows its release
		"METRICS_TOKEN=" + metricsToken,
	}
	if r.kind.dev {
		one.env = append(one.env, "INNGEST_DEV="+r.kind.server)
	} else {
		one.env = append(one.env, "INNGEST_BASE_URL="+r.kind.server, "INNGEST_EVENT_KEY="+eventKey, "INNGEST_SIGNING_KEY="+signingKey)
	}
	if r.kind.desk {
		one.env = append(one.env, r.bucket()...)
	}
	r.routers = append(r.routers, one)
	r.t.Cleanup(one.kill)
	return one
}

// migrate gives the database the app's tables and those of the tests.
func (r *rig) migrate() {
	r.t.Helper()
	r.routers[0].run("migrate")
	config, err := pgxpool.ParseConfig(r.app)
	must(r.t, err)
	r.db, err = pgxpool.NewWithConfig(r.t.Context(), config)
	must(r.t, err)
	r.t.Cleanup(r.db.Close)
	_, err = r.db.Exec(r.t.Context(), tables)
	must(r.t, err)
}

// log returns a file for what a process prints; its end is shown if the test fails.
func (r *rig) log(name string) io.Writer {
	r.t.Helper()
	path := filepath.Join(r.dir, name+".log")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(r.t, err)
	r.t.Cleanup(func() {
		_ = f.Close()
		if text, err := os.ReadFile(path); err == nil && r.t.Failed() {
			const shown = 6000
			r.t.Logf("%s said at last:\n%s", name, text[max(0, len(text)-shown):])
		}
	})
	return f
}

// count returns the one number that the query selects.
func (r *rig) count(query string, args ...any) int {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.t.Context()), time.Minute)
	defer cancel()
	var n int
	if err := r.db.QueryRow(ctx, query, args...).Scan(&n); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// exec changes the tables of the tests.
func (r *rig) exec(statement string, args ...any) {
	r.t.Helper()
	_, err := r.db.Exec(r.t.Context(), statement, args...)
	must(r.t, err)
}

// report logs a figure, for whoever compares it with that of another day.
func (r *rig) report(format string, args ...any) {
	r.t.Helper()
	r.t.Logf("report: "+format, args...)
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := stack.FreePort()
	must(t, err)
	return port
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until waits until ok, and fails the test when it has waited longer than only
// something broken takes.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(size.patience)
	for tick := time.NewTicker(50 * time.Millisecond); !ok(); { // each asks a server
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// since returns how long ago that was, for a report.
func since(t time.Time) string { return fmt.Sprintf("%.2f s", time.Since(t).Seconds()) }

// mustURL parses an address that we made.
func mustURL(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	return u
}
