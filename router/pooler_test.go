package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"switchyard/internal/stack"
)

// TestPooler has a PgBouncer in transaction mode before the database, as Railway's button
// puts one there.
func TestPooler(t *testing.T) {
	t.Parallel()
	env := environment(t, "")
	direct := valueOf(env, "DATABASE_URL")
	pooled := startPooler(t, direct)
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{[]string{"DATABASE_URL=" + pooled}, "DATABASE_URL leads to a connection pooler"},
		{[]string{"DATABASE_URL=" + direct, "DATABASE_UNPOOLED_URL=" + pooled}, "DATABASE_UNPOOLED_URL leads to a connection pooler"},
	} {
		for _, args := range [][]string{{"serve"}, {"migrate"}, {"migrate", "--plan"}} {
			out := &buffer{}
			ctx, cancel := context.WithCancel(t.Context())
			status := run(ctx, args, append(env, tt.env...), out, out)
			cancel()
			if status != exitFailure || !strings.Contains(out.String(), tt.want) {
				t.Errorf("%v: got status %d, want it not to start since %s:\n%s", args, status, tt.want, out)
			}
		}
	}
	d := startDesk(t, append(env, "DATABASE_URL="+pooled, "DATABASE_UNPOOLED_URL="+direct)).signUp()
	for range 5 {
		f, _ := d.register("pooled.txt", 3, "text/plain")
		if status := d.call("GET", "/api/files/"+f.ID, nil, nil); status != http.StatusOK {
			t.Errorf("a file that was registered is %d", status)
		}
	}
	eventually(t, "the router is ready", func() bool { return d.call("GET", "/readyz", nil, nil) == http.StatusOK })
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
