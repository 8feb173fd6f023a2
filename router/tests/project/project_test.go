package project_test

import (
	"strings"
	"testing"
)

func TestProject(t *testing.T) {
	t.Parallel()
	source, proxy := t.TempDir(), t.TempDir()
	copyRepository(t, source)
	publish(t, proxy, source, "v0.1.0")
	env := environment(t, proxy)
	out := output(t, t.TempDir(), env, "go", "run", framework+"/router@v0.1.0", "version")
	if !strings.Contains(out, "v0.1.0") {
		t.Errorf("got %q", out)
	}
}
