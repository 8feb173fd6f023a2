package serving_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"switchyard/internal/stack"

	"switchyard/router/catalog"
	"switchyard/router/cli"
	"switchyard/router/internal/routertest"
)

// TestPooler has a PgBouncer in transaction mode before the database, as Railway's button
// puts one there.
func TestPooler(t *testing.T) {
	t.Parallel()
	env := routertest.Environment(t, "")
	direct := routertest.ValueOf(env, "DATABASE_URL")
	pooled := startPooler(t, direct)
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{[]string{"DATABASE_URL=" + pooled}, "DATABASE_URL leads to a connection pooler"},
		{[]string{"DATABASE_URL=" + direct, "DATABASE_UNPOOLED_URL=" + pooled}, "DATABASE_UNPOOLED_URL leads to a connection pooler"},
	} {
		for _, args := range [][]string{{"serve"}, {"migrate"}, {"migrate", "--plan"}} {
			out := &routertest.Output{}
			ctx, cancel := context.WithCancel(t.Context())
			status := cli.Run(ctx, catalog.Program(), args, append(env, tt.env...), out, out)
			cancel()
			if status != 1 || !strings.Contains(out.String(), tt.want) {
				t.Errorf("%v: got status %d, want it not to start since %s:\n%s", args, status, tt.want, out)
			}
		}
	}
	r := routertest.Start(t, catalog.Program(), append(env, "DATABASE_URL="+pooled, "DATABASE_UNPOOLED_URL="+direct)).SignUp()
	for range 5 {
		r.MakeKey("pooled")
	}
	if keys := r.Keys(); len(keys) != 5 {
		t.Errorf("of 5 keys there are %d", len(keys))
	}
	routertest.Eventually(t, "the router is ready", func() bool { return r.Call("GET", "/readyz", nil, nil) == http.StatusOK })
}

// startPooler returns the URL of the database through a pooler of this test's own.
func startPooler(t *testing.T, database string) string {
	t.Helper()
	dir, remove, err := stack.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Error(err)
		}
	})
	p, err := stack.StartPgBouncer(t.Context(), stack.PgBouncerOptions{Options: stack.Options{Dir: dir}, Database: database, Mode: "transaction"})
	if errors.Is(err, stack.ErrNoPgBouncer) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	return p.URL
}
