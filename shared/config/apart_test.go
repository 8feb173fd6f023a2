package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/config"
)

func TestSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]config.Size{
		"0": 0, "1048576": 1 << 20, "256MiB": 256 << 20, "1GiB": 1 << 30, "2TiB": 2 << 40, "64KiB": 64 << 10, "512B": 512,
		"": -1, "MiB": -1, "iB": -1, "1.5GiB": -1, "256MB": -1, "-1MiB": -1, "9999999999TiB": -1, "1XiB": -1,
	} {
		var got config.Size = -1
		if err := got.UnmarshalText([]byte(text)); (err == nil) != (want >= 0) || got != want {
			t.Errorf("%q is %d, want %d: %v", text, got, want, err)
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	var got config.Patterns
	if err := got.UnmarshalText([]byte(" api/{a,b}/** , ,jobs/convert,")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Patterns{"api/{a,b}/**", "jobs/convert"}, got); diff != "" {
		t.Errorf("patterns (-want +got):\n%s", diff)
	}
}
