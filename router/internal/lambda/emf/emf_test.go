package emf_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/lambda/emf"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status   int
		aborted  bool
		failures float64
	}{{200, false, 0}, {404, false, 0}, {503, false, 1}, {200, true, 1}} {
		var out bytes.Buffer
		emf.New(&out, "shop").Meter("api/files/get").Count(tt.status, tt.aborted, 1500*time.Microsecond)
		if bytes.Count(out.Bytes(), []byte("\n")) != 1 {
			t.Fatalf("not one line: %q", out.String())
		}
		var got map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		meta, _ := got["_aws"].(map[string]any)
		at, _ := meta["Timestamp"].(float64)
		if age := time.Since(time.UnixMilli(int64(at))); age < 0 || age > time.Hour {
			t.Errorf("its time is %v", at)
		}
		delete(meta, "Timestamp")
		want := map[string]any{
			"_aws": map[string]any{"CloudWatchMetrics": []any{map[string]any{
				"Namespace": "shop", "Dimensions": []any{[]any{"function"}},
				"Metrics": []any{
					map[string]any{"Name": "Requests", "Unit": "Count"},
					map[string]any{"Name": "Failures", "Unit": "Count"},
					map[string]any{"Name": "Duration", "Unit": "Milliseconds"},
				},
			}}},
			"function": "api/files/get", "Requests": 1.0, "Failures": tt.failures, "Duration": 1.5,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}
