package pack

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
)

// devel is the version of what is in no repository.
const devel = "devel"

// versionOf returns the commit that is checked out in root, with "+dirty" behind it if
// the files are not as it has them. Those below out do not count: they are what packaging
// makes.
func versionOf(ctx context.Context, root, out string) string {
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = root
		text, err := cmd.Output()
		return strings.TrimSpace(string(text)), err
	}
	commit, err := git("rev-parse", "HEAD")
	if err != nil {
		return devel
	}
	status := []string{"status", "--porcelain", "--", "."}
	if below, err := filepath.Rel(root, out); err == nil && filepath.IsLocal(below) && below != "." {
		status = append(status, ":(exclude,literal)"+filepath.ToSlash(below))
	}
	if changes, err := git(status...); err != nil || changes != "" {
		return commit + "+dirty"
	}
	return commit
}
