package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/router/catalog"
)

func TestParityIsToldWhat(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.http")
	if err := os.WriteFile(file, []byte("GET https://example.com/"), 0o600); err != nil {
		t.Fatal(err)
	}
	sound := filepath.Join(t.TempDir(), "b.http")
	if err := os.WriteFile(sound, []byte("GET /livez"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"no such front door": {[]string{"--front", "gateway"}, exitUsage, "there is no front door \"gateway\"; there are function-url"},
		"a package alone":    {[]string{"--zip", file}, exitUsage, "--zip needs files of requests"},
		"no package":         {[]string{"--zip", file, sound}, exitFailure, "not a valid zip file"},
		"no such file":       {[]string{"none.http"}, exitUsage, "none.http"},
		"not a path":         {[]string{file}, exitFailure, "a.http, request at line 1: \"https://example.com/\" must be a path"},
	} {
		var out, errOut bytes.Buffer
		status := Run(t.Context(), catalog.Program(), append([]string{"parity"}, tt.args...), nil, &out, &errOut)
		if status != tt.status || !strings.Contains(errOut.String(), tt.want) {
			t.Errorf("%s: got status %d, %q, want %d, %q", name, status, errOut.String(), tt.status, tt.want)
		}
	}
}
