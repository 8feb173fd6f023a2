package scaffold

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"switchyard/router/internal/version"
)

// framework is the module that projects depend on: this one.
type framework struct {
	path    string
	version string // "" if it is a checkout, and has none
	dir     string // of the checkout, or of the module cache
	sums    string // lines of a go.sum for the version
}

// String says which.
func (f framework) String() string {
	if f.version == "" {
		return f.path + " from " + f.dir
	}
	return f.path + " " + f.version
}

// findFramework returns the framework as this program was built from it: a version that
// the go command has fetched, or a checkout.
func findFramework(ctx context.Context) (framework, error) {
	f := framework{path: version.Module(), version: version.Released()}
	if f.version != "" {
		out, err := runGo(ctx, os.TempDir(), "mod", "download", "-json", f.path+"@"+f.version)
		var fetched struct{ Dir, Error, Sum, GoModSum string }
		if json.Unmarshal([]byte(out), &fetched) != nil || fetched.Dir == "" {
			return f, fmt.Errorf("fetch %s %s: %w %s", f.path, f.version, err, fetched.Error)
		}
		f.dir = fetched.Dir
		f.sums = fmt.Sprintf("%s %s %s\n%[1]s %[2]s/go.mod %[4]s\n", f.path, f.version, fetched.Sum, fetched.GoModSum)
		return f, nil
	}
	dir, err := checkout(ctx, f.path)
	f.dir = dir
	return f, err
}

// checkout returns the folder of the source that this program was built from; or, if
// that is not known, of the module of this path in the working directory.
func checkout(ctx context.Context, path string) (string, error) {
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		if dir := filepath.Dir(filepath.Join(file, "../../..")); isModule(dir, path) {
			return dir, nil
		}
	}
	out, err := runGo(ctx, ".", "list", "-m", "-f", "{{.Dir}}", path)
	if dir := strings.TrimSpace(out); err == nil && isModule(dir, path) {
		return dir, nil
	}
	return "", fmt.Errorf("the source of %s, which this program was built from, is not found: run it inside the checkout", path)
}

// isModule reports whether the go.mod in dir is that of the module.
func isModule(dir, path string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && strings.HasPrefix(string(text), "module "+path+"\n")
}

// require writes a go.mod and a go.sum for the module in dir that require the framework,
// and all that it requires, in its own versions.
func (f framework) require(ctx context.Context, dir, module string) error {
	text, err := f.modFile(ctx, dir, module)
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(f.dir, "go.sum"))
	if err != nil {
		return err
	}
	return errors.Join(writeFile(dir, "go.mod", []byte(text)), writeFile(dir, "go.sum", append(sums, f.sums...)))
}

// modFile returns the go.mod of the module in dir. It names the framework's own requirements
// since some modules cannot be asked which versions they have.
func (f framework) modFile(ctx context.Context, dir, module string) (string, error) {
	out, err := runGo(ctx, f.dir, "mod", "edit", "-json")
	if err != nil {
		return "", fmt.Errorf("read the go.mod of %s: %w\n%s", f.path, err, out)
	}
	var its struct {
		Go      string
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal([]byte(out), &its); err != nil {
		return "", fmt.Errorf("read the go.mod of %s: %w", f.path, err)
	}
	var b strings.Builder
	version := f.version
	if version == "" {
		version = "v0.0.0"
	}
	fmt.Fprintf(&b, "module %s\n\ngo %s\n\ntool %s/router/internal/switchyard\n\nrequire %s %s\n\nrequire (\n", module, its.Go, f.path, f.path, version)
	for _, r := range its.Require {
		fmt.Fprintf(&b, "\t%s %s // indirect\n", r.Path, r.Version)
	}
	b.WriteString(")\n")
	if f.version == "" {
		fmt.Fprintf(&b, "\nreplace %s => %s\n", f.path, quoted(f.from(dir)))
	}
	return b.String(), nil
}

// from returns the checkout's folder as the module in dir names it: from a module in the
// checkout by a relative path, so that both can be moved, and cloned, as one.
func (f framework) from(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return f.dir
	}
	if in, err := filepath.Rel(f.dir, abs); err != nil || !filepath.IsLocal(in) {
		return f.dir
	}
	up, err := filepath.Rel(abs, f.dir)
	if err != nil {
		return f.dir
	}
	return filepath.ToSlash(up)
}

// quoted returns a path as a go.mod takes it.
func quoted(dir string) string {
	if strings.ContainsAny(dir, " \t\"'`(),") {
		return fmt.Sprintf("%q", dir)
	}
	return dir
}

// runGo runs the go command in dir and returns what it printed. A workspace above has no
// say: the new module is not in it. When ctx ends, the command is told, so that it ends what
// it runs as well.
func runGo(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second // and is killed then
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return strings.TrimSpace(string(out) + stderr.String()), err
	}
	return string(out), nil
}
