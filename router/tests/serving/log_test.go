package serving_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/catalog"
	"switchyard/router/cli"
	"switchyard/router/internal/routertest"
)

// TestLogIsWholeAfterStop stops a router right after many requests: each has its line, in the
// order in which they came, and before the last words of the router.
func TestLogIsWholeAfterStop(t *testing.T) {
	t.Parallel()
	const requests = 100
	env := routertest.Environment(t, "")
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(stop)
	log, url := &routertest.Output{}, routertest.ValueOf(env, "BETTER_AUTH_URL")
	ended := make(chan int, 1)
	go func() { ended <- cli.Run(ctx, catalog.Program(), []string{"serve"}, env, log, log) }()
	ask := func(path, id string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Request-Id", id)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body) // so that the next one comes over the same connection, when this has its line
		return res.StatusCode
	}
	await.That(t, "it answers", func() bool { return ask("/livez", "first") == http.StatusOK })
	for i := range requests {
		ask("/sign-in", fmt.Sprint("asked-", i))
	}
	stop()
	if status := <-ended; status != 0 {
		t.Fatalf("status %d:\n%s", status, log)
	}
	text, at := log.String(), 0
	for i := range requests {
		line := strings.Index(text[at:], fmt.Sprintf(`"requestId":"asked-%d"`, i))
		if line < 0 {
			t.Fatalf("request %d has no line behind the one before:\n%s", i, text)
		}
		at += line
	}
	if !strings.Contains(text[at:], `"stopped"`) {
		t.Errorf("it does not say that it stopped:\n%s", text[at:])
	}
}
