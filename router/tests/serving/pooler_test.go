package serving_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/schema/schematest"
	"switchyard/internal/stack/stacktest"
	"switchyard/router/catalog"
	"switchyard/router/cli"
	"switchyard/router/internal/routertest"
	"switchyard/shared/db/dbtest"
)

// TestPooler has a PgBouncer in transaction mode before the database, as Railway's button
// puts one there.
func TestPooler(t *testing.T) {
	t.Parallel()
	env := routertest.Environment(t, "")
	direct := routertest.ValueOf(env, "DATABASE_URL")
	pooled := stacktest.Pooler(t, direct, "transaction")
	verbs := [][]string{{"serve"}, {"migrate"}}
	for _, task := range []string{"--plan", "--sql", "--verify", "--history", "--adopt", "--allow=drop:orders"} {
		verbs = append(verbs, []string{"migrate", task})
	}
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{[]string{"DATABASE_URL=" + pooled}, "DATABASE_URL leads to a connection pooler"},
		{[]string{"DATABASE_URL=" + direct, "DATABASE_UNPOOLED_URL=" + pooled}, "DATABASE_UNPOOLED_URL leads to a connection pooler"},
	} {
		for _, args := range verbs {
			out := &routertest.Output{}
			ctx, cancel := context.WithCancel(t.Context())
			status := cli.Run(ctx, catalog.Program(), args, append(env, tt.env...), out, out)
			cancel()
			if status != 1 || !strings.Contains(out.String(), tt.want) {
				t.Errorf("%v: got status %d, want it not to start since %s:\n%s", args, status, tt.want, out)
			}
		}
	}
	conn, err := pgx.Connect(t.Context(), direct)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var begun int
	if err := conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM listener) + (SELECT count(*) FROM job_release)`).Scan(&begun); err != nil || begun != 0 {
		t.Errorf("what did not start had begun to register %d jobs (%v)", begun, err)
	}
	r := routertest.Start(t, catalog.Program(), append(env, "DATABASE_URL="+pooled, "DATABASE_UNPOOLED_URL="+direct)).SignUp()
	for range 5 {
		r.MakeKey("pooled")
	}
	if keys := r.Keys(); len(keys) != 5 {
		t.Errorf("of 5 keys there are %d", len(keys))
	}
	r.Ready()
}

// A database that takes connections and says nothing keeps no request waiting that needs none.
func TestAnswersBeforeItsDatabase(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	env := append(routertest.Environment(t, ""), "DATABASE_URL=postgres://somebody@"+silent.Addr().String()+"/desk")
	r := routertest.Start(t, catalog.Program(), env)
	if status := r.Call("GET", "/livez", nil, nil); status != http.StatusOK {
		t.Errorf("/livez is answered %d", status)
	}
	if before, _, listens := strings.Cut(r.Log.String(), `"listening"`); !listens || strings.Contains(before, "starting without it") {
		t.Errorf("it should listen before it has waited for the database:\n%s", r.Log)
	}
}

// Of several migrations at once, whichever way they reach the database, one does the work,
// and none leaves its lock behind: a pooler in session mode keeps the connection.
func TestMigrationsAtOnceThroughPoolers(t *testing.T) {
	t.Parallel()
	direct, dir := dbtest.Empty(t), t.TempDir()
	session, pooled := stacktest.Pooler(t, direct, "session"), stacktest.Pooler(t, direct, "transaction")
	text := "schema \"public\" {}\n" + schematest.Table("orders", "")
	if err := os.WriteFile(filepath.Join(dir, "orders.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ways := [][]string{
		{"DATABASE_URL=" + direct},
		{"DATABASE_URL=" + session},
		{"DATABASE_URL=" + pooled, "DATABASE_UNPOOLED_URL=" + direct},
		{"DATABASE_URL=" + pooled, "DATABASE_UNPOOLED_URL=" + session},
	}
	var all sync.WaitGroup
	for _, env := range slices.Concat(ways, ways) {
		all.Go(func() {
			out := &routertest.Output{}
			if status := cli.Run(t.Context(), catalog.Program(), []string{"migrate", "--schema", dir}, env, out, out); status != 0 {
				t.Errorf("%v: status %d:\n%s", env, status, out)
			}
		})
	}
	all.Wait()
	d := routertest.DB(t, ways[0])
	var migrations, locks int
	err := d.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM switchyard_internal.migration),
		(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).
		Scan(&migrations, &locks)
	if err != nil || migrations != 1 || locks != 0 {
		t.Errorf("%d migrations are recorded and %d locks are held (%v), want 1 and 0", migrations, locks, err)
	}
}
