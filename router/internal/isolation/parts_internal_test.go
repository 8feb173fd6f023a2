package isolation

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

func TestWatcher(t *testing.T) {
	t.Parallel()
	const info = `{"level":"INFO","function":"isolation/bad/spin"}` + "\n"
	const warn = `{"level":"WARN","function":"isolation/bad/spin"}` + "\n"
	const crash = "panic: goroutine 7\nswitchyard/functions/isolation/bad/spin.Function.ServeHTTP(0x1)\n"
	for _, tt := range []struct{ printed, want string }{
		{"", unnamed},
		{`{"level":"ERROR","function":"isolation/bad/exits"}` + "\n", unnamed},
		{info, requests},
		{info + warn + info, warning},
		{warn + crash + info, trace},
		{"isolation/bad/spin, in a line that does not end", unnamed},
	} {
		w := &watcher{}
		_, _ = w.Write([]byte(crash)) // before anybody looks
		w.watch("isolation/bad/spin")
		for piece := range slices.Chunk([]byte(tt.printed), 7) {
			_, _ = w.Write(piece)
		}
		if got, line := w.outcome(); got != tt.want || (line == "") != (tt.want == "") {
			t.Errorf("%q: got %q by %q, want %q", tt.printed, got, line, tt.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var p phase
	if got := p.latency(); got != (Latency{}) {
		t.Errorf("of nothing: %+v", got)
	}
	for i := range 200 {
		p.add(time.Duration(200-i)*time.Millisecond, nil)
	}
	if got, want := p.latency(), (Latency{P50: 100, P99: 198}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	var own []function.Function
	for _, spec := range []fn.Spec{
		fn.Page{Route: "GET /{$}", Access: fn.Public},
		fn.Endpoint{Route: "GET /api/hello", Access: fn.Public},
		fn.Endpoint{Route: "GET /api/mine"},
		fn.Endpoint{Route: "POST /api/hello", Access: fn.Public},
		fn.Endpoint{Route: "GET /api/hello/{name}", Access: fn.Public},
		fn.Page{Route: "GET /live", Access: fn.Public, Stream: true},
		fn.Page{Route: "/all", Access: fn.Public},
		fn.Endpoint{Route: "GET /api/rare", Access: fn.Public, RateLimit: fn.Rate{Limit: 3, Per: time.Minute}},
		fn.Schedule{Cron: "0 3 * * *"},
	} {
		own = append(own, function.Function{Spec: spec})
	}
	if got, want := Paths(own), []string{"/livez", "/isolation/good/ping", "/", "/api/hello"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Every neighbour's function is there, and is called as its Spec says.
func TestNeighboursAreThere(t *testing.T) {
	t.Parallel()
	for _, n := range Neighbours() {
		if n.Function != "" && (n.Rate <= 0 || n.Does == "") {
			t.Errorf("%s is never called, or says nothing", n.Name)
		}
	}
	fitting := Fitting(nil)
	if all := Neighbours(); len(fitting) != len(all)-3 || len(all) != 20 {
		t.Errorf("%d of %d neighbours fit a project without a database and jobs", len(fitting), len(all))
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	quiet := Latency{P50: 1, P99: 4}
	results := []Result{
		{Neighbour: "none", Mode: InProcess, Requests: 500, Quiet: quiet, With: quiet, Alive: true},
		{Neighbour: "none", Mode: Apart, Requests: 500, Quiet: quiet, With: quiet, Alive: true},
		{Neighbour: "exit", Mode: InProcess, Requests: 500, Errors: 450, Quiet: quiet, Ended: "exit status 1", MayHurt: true},
		{Neighbour: "exit", Mode: Apart, Requests: 500, Quiet: quiet, With: Latency{P99: 6}, Alive: true, Log: warning, Metrics: []string{"x"}},
	}
	const want = `| Neighbour | in-process: errors | p99, ms | alive | named by | apart: errors | p99, ms | alive | named by |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
| none | 0 of 500 | 4.0 → 4.0 (1.0×) | yes | - | 0 of 500 | 4.0 → 4.0 (1.0×) | yes | - |
| exit | 450 of 500 (90 %) | 4.0 → - | no, exit status 1 | - | 0 of 500 | 4.0 → 6.0 (1.5×) | yes | warning, metrics |
`
	var got bytes.Buffer
	if err := Markdown(&got, results); err != nil || got.String() != want {
		t.Errorf("%v, got\n%s", err, &got)
	}
	got.Reset()
	if err := Table(&got, results); err != nil || bytes.Count(got.Bytes(), []byte("\n")) != 3 {
		t.Errorf("%v, got\n%s", err, &got)
	}
	results[3].Errors = 1
	for i, r := range results {
		if want := i == 3; r.Hurt() != want {
			t.Errorf("hurt: got %v, want %v: %+v", r.Hurt(), want, r)
		}
	}
}
