// Package routertest gives tests a running router: the real one, with a database, a bucket
// and an Inngest server of the test's own around it.
//
//	func TestMain(m *testing.M) { routertest.Main(m, catalog.Program()) }
//
//	func TestKeys(t *testing.T) {
//		t.Parallel()
//		r := routertest.Start(t, catalog.Program(), routertest.Environment(t, "")).SignUp()
//		if status := r.Call("GET", "/api/keys", nil, nil); status != http.StatusOK {
//			…
//		}
//	}
//
// With the flag -lambda each function of the program runs as a Lambda of its own instead.
package routertest

import (
	"context"
	"net/http"
	"os"
	"slices"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/cli"
	"switchyard/router/internal/program"
	"switchyard/shared/bucket/buckettest"
	"switchyard/shared/db/dbtest"
)

// asRouter is the variable that makes a test's binary behave as the router itself, so that
// tests can start and kill a real process.
const asRouter = "SWITCHYARD_TEST_AS_ROUTER"

// Main runs the tests, stops the servers that they started, and exits. It is all of a
// TestMain. In a process that [StartProcess] has started it is the main of p's router.
func Main(m *testing.M, p program.Program) {
	if os.Getenv(asRouter) != "" { //nolint:forbidigo // tells whether this is a test or what it tests
		cli.Main(p)
	}
	status := dbtest.Run(func() int { return buckettest.Run(m.Run) })
	_ = os.RemoveAll(lambdas.dir)
	os.Exit(status)
}

// Router is a running router, as one of its users sees it.
type Router struct {
	T      testing.TB // which fails if a request cannot be sent
	URL    string     // "http://127.0.0.1:1234"
	Env    []string   // its environment, as [os/exec.Cmd] has it
	Log    *Output    // what it has printed
	Cookie string     // of who is signed in; "" for nobody
}

// Start serves p in this process until the test ends, and fails the test if the router
// does not stop cleanly. The flags are those of `router serve`.
func Start(t testing.TB, p program.Program, env []string, flags ...string) *Router {
	t.Helper()
	if *onLambda && len(flags) == 0 {
		return startLambdas(t, p, env)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	r := &Router{T: t, Env: env, Log: &Output{}}
	ended := make(chan int, 1)
	own := append(slices.Clone(env), asRouter+"=1") // a process that it starts of this binary is a router
	go func() { ended <- cli.Run(ctx, p, append([]string{"serve"}, flags...), own, r.Log, r.Log) }()
	t.Cleanup(func() {
		stop()
		if status := <-ended; status != 0 {
			t.Errorf("the router ended with status %d:\n%s", status, r.Log)
		}
	})
	r.listens()
	return r
}

// listens waits until the router says where it listens.
func (r *Router) listens() {
	r.T.Helper()
	await.That(r.T, "the router listens", func() bool {
		r.URL = r.Log.address()
		return r.URL != ""
	})
}

// Ready waits until the router says that it is ready. What it asks for that has two seconds,
// which are short on a busy machine.
func (r *Router) Ready() {
	r.T.Helper()
	await.That(r.T, "the router is ready", func() bool { return r.Call(http.MethodGet, "/readyz", nil, nil) == http.StatusOK })
}

// Verb runs the router of p with args, and returns what it printed and its exit status.
func Verb(t testing.TB, p program.Program, env []string, args ...string) (out, errOut string, status int) {
	t.Helper()
	var o, e Output
	status = cli.Run(t.Context(), p, args, env, &o, &e)
	return o.String(), e.String(), status
}
