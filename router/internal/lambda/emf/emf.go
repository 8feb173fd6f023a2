// Package emf counts requests on AWS Lambda, where nobody can scrape the counts. It writes a line
// for each request in CloudWatch's embedded metric format, from which CloudWatch makes metrics:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package emf

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/overload"
)

// Metrics implements [serve.Metrics]. Make one with [New].
type Metrics struct {
	out       io.Writer
	namespace string
}

// New returns metrics that are written to out, each line at once. namespace is their namespace in
// CloudWatch, such as the project's name; their dimension there is "function".
func New(out io.Writer, namespace string) *Metrics { return &Metrics{out, namespace} }

// Meter implements [serve.Metrics].
func (m *Metrics) Meter(name string) serve.Meter { return &meter{m, name} }

// ServeHTTP implements [serve.Metrics]. There is nothing to show.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// meter is that of one function.
type meter struct {
	of   *Metrics
	name string
}

// Running implements [serve.Meter]. Lambda counts that itself.
func (*meter) Running(int) {}

// Waited implements [serve.Meter]. There is one call at a time.
func (*meter) Waited(time.Duration) {}

// Refused implements [serve.Meter]. As above.
func (*meter) Refused(overload.Reason) {}

// Limited implements [serve.Meter]. Nobody needs another line for it.
func (*meter) Limited() {}

// line is one line of the log in the embedded metric format.
type line struct {
	AWS      metadata `json:"_aws"`
	Function string   `json:"function"`
	Requests int      `json:"Requests"`
	Failures int      `json:"Failures"` // answered 5xx, or broken off
	Duration float64  `json:"Duration"` // milliseconds
}

type metadata struct {
	Timestamp int64        // Unix milliseconds
	Metrics   [1]directive `json:"CloudWatchMetrics"`
}

type directive struct {
	Namespace  string
	Dimensions [1][1]string
	Metrics    [3]metric
}

type metric struct{ Name, Unit string }

// Count implements [serve.Meter].
func (m *meter) Count(status int, aborted bool, took time.Duration) {
	l := line{
		AWS: metadata{
			Timestamp: time.Now().UnixMilli(),
			Metrics: [1]directive{{
				Namespace:  m.of.namespace,
				Dimensions: [1][1]string{{"function"}},
				Metrics:    [3]metric{{"Requests", "Count"}, {"Failures", "Count"}, {"Duration", "Milliseconds"}},
			}},
		},
		Function: m.name, Requests: 1,
		Duration: float64(took.Microseconds()) / 1000,
	}
	if aborted || status >= http.StatusInternalServerError {
		l.Failures = 1
	}
	text, err := json.Marshal(l)
	if err != nil {
		return // cannot be: it is numbers and a name
	}
	_, _ = m.of.out.Write(append(text, '\n')) // as with logs, nobody could be told
}
