package serving_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/internal/routertest"
)

// TestMemory has the calls of one function hold nearly all the memory that the process may
// use. They are ended and its next calls are refused, until there is memory again; what else
// is asked for is answered.
func TestMemory(t *testing.T) {
	t.Parallel()
	const token = "the-token-of-the-metrics"
	env := append(routertest.Environment(t, ""), "MEMORY_LIMIT=96MiB", "METRICS_TOKEN="+token)
	r, _ := routertest.StartProcess(t, "", env)
	if !strings.Contains(r.Log.String(), `"memory":100663296,"memoryFrom":"MEMORY_LIMIT","GOMEMLIMIT":90596966`) {
		t.Errorf("it does not say how much it may use:\n%s", r.Log)
	}
	const calls = 4
	ended := make(chan *http.Response, calls)
	for range calls {
		go func() { ended <- r.Send(http.MethodGet, "/api/hog?mib=20", nil) }()
	}
	for i := range calls {
		for _, path := range []string{"/livez", "/sign-in"} {
			if status := status(r, path); status != http.StatusOK {
				t.Errorf("%s is answered %d", path, status)
			}
		}
		res := <-ended
		_ = res.Body.Close()
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "5" {
			t.Errorf("a call that holds memory is answered %s, Retry-After %q", res.Status, res.Header.Get("Retry-After"))
		}
		if i > 0 {
			continue
		}
		if status := status(r, "/api/hog"); status != http.StatusServiceUnavailable { // for some seconds
			t.Errorf("the next call is answered %d", status)
		}
	}
	await.That(t, "the function takes calls again", func() bool { return status(r, "/api/hog") < 300 })
	if n := strings.Count(r.Log.String(), "memory runs out"); n != 1 {
		t.Errorf("that is said %d times:\n%s", n, r.Log)
	}
	metrics := r.Ask(http.MethodGet, "/metrics", "", "Authorization: Bearer "+token)
	text, err := io.ReadAll(metrics.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`(?m)^switchyard_memory_limit_bytes\{.*\} 1\.00663296e\+08$`,
		`(?m)^switchyard_memory_needed_bytes\{.*\} \d`,
		`(?m)^switchyard_memory_refused_total\{function="api/hog",.*\} 1$`,
		`(?m)^switchyard_memory_refused_total\{function="api/keys/list",.*\} 0$`,
	} {
		if !regexp.MustCompile(want).Match(text) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

func status(r *routertest.Router, path string) int {
	res := r.Send(http.MethodGet, path, nil)
	defer res.Body.Close()
	return res.StatusCode
}
