package serve_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"switchyard/router/internal/serve"
	"switchyard/shared/config"
)

const (
	metricsToken = "scrape-0123456789"
	authorized   = "Authorization: Bearer " + metricsToken
)

// open are the settings of a host with /metrics.
func open() config.Server { return config.Server{MetricsToken: metricsToken, DrainTimeout: 1} }

// scrape returns the samples of /metrics, by their names with their labels:
// `up{a="b"}`.
func scrape(t *testing.T, host *running) map[string]float64 {
	t.Helper()
	got := send(t, "GET", host.url+"/metrics", nil, authorized)
	if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%d %v %s", got.status, got.header, got.body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	vector, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{}, slices.Collect(maps.Values(families))...)
	if err != nil {
		t.Fatal(err)
	}
	samples := map[string]float64{}
	for _, sample := range vector {
		samples[sample.Metric.String()] = float64(sample.Value)
	}
	return samples
}

// requests is the name of a sample of a function's requests.
func requests(function, code string) string {
	return `switchyard_http_requests_total{code="` + code + `", function="` + function + `", project="shop"}`
}

func TestMetricsCountRequests(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	host := start(t, serve.Config{
		Server: open(), Version: "v1", Functions: append(samples(), gated(entered, leave)),
		Inngest: http.NotFoundHandler(),
	})
	for _, path := range []string{"/hello", "/hello?hunter2", "/panic", "/nope/hunter2", "/api/inngest"} {
		send(t, "GET", host.url+path, nil)
	}
	send(t, "POST", host.url+"/api/closed/hunter2", nil)
	send(t, "HUNTER2", host.url+"/hello", nil)
	broken, err := http.NewRequestWithContext(t.Context(), http.MethodGet, host.url+"/panic-late", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := http.DefaultTransport.RoundTrip(broken); err == nil {
		_ = res.Body.Close()
	}
	ended := make(chan answered)
	go func() { ended <- send(t, "GET", host.url+"/gated", nil) }()
	<-entered

	during := scrape(t, host)
	for name, want := range map[string]float64{
		requests("pages/hello", "2xx"):      2,
		requests("pages/hello", "5xx"):      0,
		requests("pages/panic", "5xx"):      1,
		requests("pages/panic-late", "2xx"): 0,
		requests("api/closed", "4xx"):       1,
		requests("inngest", "4xx"):          1,
		requests("none", "4xx"):             2,
		`switchyard_http_request_duration_seconds_count{function="pages/hello", project="shop"}`:      2,
		`switchyard_http_request_duration_seconds_bucket{function="none", le="+Inf", project="shop"}`: 2,
		`switchyard_http_requests_in_flight{function="pages/gated", project="shop"}`:                  1,
		`switchyard_http_requests_in_flight{function="pages/hello", project="shop"}`:                  0,
		`switchyard_http_requests_in_flight{function="metrics", project="shop"}`:                      1,
		`switchyard_http_request_duration_seconds_count{function="pages/gated", project="shop"}`:      0,
	} {
		if got, ok := during[name]; !ok || got != want {
			t.Errorf("%s = %v, %t, want %v", name, got, ok, want)
		}
	}
	for name := range during {
		if strings.Contains(strings.ToLower(name), "hunter2") {
			t.Errorf("who asks chooses the labels: %s", name)
		}
	}
	for _, prefix := range []string{"go_goroutines", "process_", "switchyard_build_info{"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(during)), func(n string) bool { return strings.HasPrefix(n, prefix) }) {
			t.Errorf("there is no %s", prefix)
		}
	}

	close(leave)
	<-ended
	for aborted := 0.0; aborted == 0; { // it is counted after the connection has broken
		after := scrape(t, host)
		aborted = after[requests("pages/panic-late", "aborted")]
	}
}

func TestMetricsAreClosed(t *testing.T) {
	t.Parallel()
	closed, opened := start(t, serve.Config{}), start(t, serve.Config{Server: open()})
	for _, headers := range [][]string{
		nil,
		{"Authorization: "},
		{"Authorization: Bearer"},
		{"Authorization: Bearer "},
		{"Authorization: " + metricsToken},
		{"Authorization: Basic " + metricsToken},
		{authorized + "0"},
		{authorized[:len(authorized)-1]},
		{"Cookie: " + metricsToken},
	} {
		if got := send(t, "GET", closed.url+"/metrics", nil, headers...); got.status != 404 {
			t.Errorf("without a token in the settings, %q: %d", headers, got.status)
		}
		got := send(t, "GET", opened.url+"/metrics", nil, headers...)
		if got.status != 401 || got.header.Get("WWW-Authenticate") == "" || strings.Contains(got.body, metricsToken) {
			t.Errorf("%q: %d %s", headers, got.status, got.body)
		}
	}
	if got := send(t, "GET", closed.url+"/metrics", nil, authorized); got.status != 404 {
		t.Errorf("without a token in the settings: %d", got.status)
	}
	if got := send(t, "GET", opened.url+"/metrics?token="+metricsToken, nil); got.status != 401 {
		t.Errorf("a token in the address: %d", got.status)
	}
	if got := send(t, "GET", opened.url+"/metrics", nil, strings.Replace(authorized, "Bearer", "bearer", 1)); got.status != 200 {
		t.Errorf("a scheme in lower case: %d", got.status)
	}
}
