package pack_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/router/internal/pack"
)

// What is built says from which commit, whatever packaging itself leaves behind.
func TestVersion(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if got := pack.VersionOf(t.Context(), root, filepath.Join(root, "out")); got != "devel" {
		t.Errorf("without a repository: got %q", got)
	}
	git := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "first")
	head := git("rev-parse", "HEAD")
	touch := func(name string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	touch("out [1]/x.zip")
	if got := pack.VersionOf(t.Context(), root, filepath.Join(root, "out [1]")); got != head {
		t.Errorf("with nothing but output: got %q, want %q", got, head)
	}
	touch("new.go")
	if got, want := pack.VersionOf(t.Context(), root, filepath.Join(root, "out [1]")), head+"+dirty"; got != want {
		t.Errorf("with a file more: got %q, want %q", got, want)
	}
}
