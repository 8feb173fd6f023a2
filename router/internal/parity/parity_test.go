package parity_test

import (
	"path/filepath"
	"testing"

	"switchyard/router/internal/emulate"
	"switchyard/router/internal/parity"
)

// TestProbes replays the corpus through the host and through all front doors.
func TestProbes(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	program, err := parity.BuildProbes(t.Context(), root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files, err := parity.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]parity.Options{
		"one at a time": {Kinds: emulate.Kinds()},
		"many at once":  {Kinds: []emulate.Kind{emulate.FunctionURL, emulate.StreamingURL}, AtOnce: 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.Bootstrap, tt.Files, tt.Log = program, files, t.Output()
			tt.Env = parity.ProbesEnv
			report, err := parity.Run(t.Context(), tt)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d requests, %d answers compared, %d left out", report.Requests, report.Compared, len(report.Skipped))
			for _, d := range report.Differences {
				t.Error(d)
			}
		})
	}
}
