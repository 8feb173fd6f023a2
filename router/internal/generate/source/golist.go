package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
)

// goList runs `go list -e -json` in the folder root, and calls use with what it answers for
// each package.
func goList[T any](ctx context.Context, root string, args []string, use func(T)) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-e"}, args...)...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = root, &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("list packages: %w\n%s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p T
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the answer of go list: %w", err)
		}
		use(p)
	}
}
