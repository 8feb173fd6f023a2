package isolation

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build builds the router of the project at root, with neighbours, into dir, and returns its
// name.
func Build(ctx context.Context, root, dir string) (string, error) {
	program := filepath.Join(dir, "router")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags", Tag, "-o", program, "./router")
	cmd.Dir = root
	// It removes its temporary files when it is interrupted.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the router with neighbours: %w\n%s", err, bytes.TrimSpace(out))
	}
	return program, nil
}
