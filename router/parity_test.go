package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestParity replays a day at the file desk through the host and every front door.
func TestParity(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	if status := run(t.Context(), []string{"parity", "testdata/desk.http"}, os.Environ(), &out, &errOut); status != exitOK {
		t.Fatalf("status %d\n%s%s", status, errOut.String(), out.String())
	}
	if want := "front doors: 7;"; !strings.Contains(out.String(), want) {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestParityIsToldWhat(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.http")
	if err := os.WriteFile(file, []byte("GET https://example.com/"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"no such front door": {[]string{"--front", "gateway"}, exitUsage, "there is no front door \"gateway\"; there are function-url"},
		"a package alone":    {[]string{"--zip", file}, exitUsage, "--zip needs files of requests"},
		"no package":         {[]string{"--zip", file, "testdata/desk.http"}, exitFailure, "not a valid zip file"},
		"no such file":       {[]string{"none.http"}, exitFailure, "none.http"},
		"not a path":         {[]string{file}, exitFailure, "a.http, request at line 1: \"https://example.com/\" must be a path"},
	} {
		var out, errOut bytes.Buffer
		status := run(t.Context(), append([]string{"parity"}, tt.args...), nil, &out, &errOut)
		if status != tt.status || !strings.Contains(errOut.String(), tt.want) {
			t.Errorf("%s: got status %d, %q, want %d, %q", name, status, errOut.String(), tt.status, tt.want)
		}
	}
}
