package generate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"switchyard/router/internal/generate/source"
)

// tool is the program that generates: see package switchyard, its main.
const tool = "switchyard"

// Runner runs a command in the root of a module to its end, and returns what it printed.
type Runner func(ctx context.Context, name string, args ...string) (output string, err error)

// In returns the Runner of the module in the folder root.
func In(root string) Runner {
	return func(ctx context.Context, name string, args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

// Run runs the tool, which writes what is stale, or only says so if check is set.
// Its error is an *[Error] if the source is at fault.
//
// The tool is a program of its own because it links the language of expressions, and because it
// has to run when the router does not compile.
func Run(ctx context.Context, run Runner, check bool) (result Result, err error) {
	dir, err := os.MkdirTemp("", "generate-*")
	if err != nil {
		return result, fmt.Errorf("make a folder for the report: %w", err)
	}
	defer os.RemoveAll(dir)
	report := filepath.Join(dir, "report.json")
	out, err := run(ctx, "go", "tool", tool, "generate", "--report", report, fmt.Sprintf("--check=%t", check))
	if ctx.Err() != nil {
		return result, ctx.Err()
	}
	text, missing := os.ReadFile(report)
	switch {
	case missing != nil:
		return result, fmt.Errorf("go tool %s: %w\n%s", tool, cmp.Or(err, missing), strings.TrimSpace(out))
	case json.Unmarshal(text, &result) != nil:
		return result, fmt.Errorf("read the report of go tool %s: it is no JSON", tool)
	case len(result.Problems) > 0:
		return result, &source.Error{Problems: result.Problems}
	}
	return result, err
}
