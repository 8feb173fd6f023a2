package generate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Program is the program that generates, as a package of the module.
const Program = "./router/internal/generate/catalog"

// Runner runs a command in the root of a module to its end, and returns what it printed.
type Runner func(ctx context.Context, name string, args ...string) (output string, err error)

// Run runs [Program], which writes what is stale, or only says so if check is set.
// Its error is an *[Error] if the source is at fault.
//
// It is a program of its own because it links the language of expressions, and because
// it has to run when the router does not compile.
func Run(ctx context.Context, run Runner, check bool) (result Result, err error) {
	dir, err := os.MkdirTemp("", "generate-*")
	if err != nil {
		return result, fmt.Errorf("make a folder for the report: %w", err)
	}
	defer os.RemoveAll(dir)
	report := filepath.Join(dir, "report.json")
	out, err := run(ctx, "go", "run", Program, "-report", report, fmt.Sprintf("-check=%t", check))
	if ctx.Err() != nil {
		return result, ctx.Err()
	}
	text, missing := os.ReadFile(report)
	switch {
	case missing != nil:
		return result, fmt.Errorf("run %s: %w\n%s", Program, cmp.Or(err, missing), strings.TrimSpace(out))
	case json.Unmarshal(text, &result) != nil:
		return result, fmt.Errorf("read the report of %s: it is no JSON", Program)
	case len(result.Problems) > 0:
		return result, &Error{Problems: result.Problems}
	}
	return result, err
}
