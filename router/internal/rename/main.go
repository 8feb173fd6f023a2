// Command rename gives the whole repository another module path, so that it can be
// published under it:
//
//	make module MODULE=github.com/you/switchyard
//
// It rewrites every file that Git has or would add: go.mod files, imports, generated
// code, guides. What only happens to contain the old path's name stays: variables of
// the environment, build tags, tables, events. It is run at the top of the repository,
// and may be run again, from any path to any other.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/format"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: rename <module path>, for example github.com/you/switchyard")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Stdout); err != nil { //nolint:forbidigo // this is main
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(1)
	}
}

// run renames the module of the working directory to the path to.
func run(ctx context.Context, to string, out io.Writer) error {
	if err := module.CheckImportPath(to); err != nil {
		return err
	}
	from, err := modulePath()
	if err != nil {
		return err
	}
	if from == to {
		return fmt.Errorf("the module's path is %s already", to)
	}
	files, err := list(ctx)
	if err != nil {
		return err
	}
	p := path{from: from, folders: folders(files)}
	changed := 0
	for _, name := range files {
		did, err := rewrite(name, p, to)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if did {
			changed++
		}
	}
	report(out, from, to, changed)
	return nil
}

func modulePath() (string, error) {
	text, err := os.ReadFile("go.mod")
	if errors.Is(err, os.ErrNotExist) {
		return "", errors.New("there is no go.mod here: run this at the top of the repository")
	}
	if err != nil {
		return "", err
	}
	if p := modfile.ModulePath(text); p != "" {
		return p, nil
	}
	return "", errors.New("go.mod has no module line")
}

// list returns the names of the files that Git has or would add.
func list(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	return slices.DeleteFunc(names, func(name string) bool {
		info, err := os.Lstat(name)
		return err != nil || !info.Mode().IsRegular() // deleted, or a link
	}), nil
}

// folders returns the folders at the top in which the files are.
func folders(files []string) map[string]bool {
	top := map[string]bool{}
	for _, name := range files {
		if first, _, deeper := strings.Cut(name, "/"); deeper {
			top[first] = true
		}
	}
	return top
}

// rewrite reports whether it changed the file.
func rewrite(name string, p path, to string) (bool, error) {
	text, err := os.ReadFile(name)
	if err != nil || bytes.IndexByte(text, 0) >= 0 { // no text: a picture
		return false, err
	}
	renamed := p.replace(string(text), to)
	if renamed == string(text) {
		return false, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return false, err
	}
	return true, os.WriteFile(name, sorted(name, []byte(renamed)), info.Mode().Perm())
}

// sorted returns the text of a file with its imports or requirements in the order that
// the go command gives them. What does not parse stays as it is.
func sorted(name string, text []byte) []byte {
	if filepath.Ext(name) == ".go" {
		if in, err := format.Source(text); err == nil {
			return in
		}
	}
	if filepath.Base(name) == "go.mod" {
		if f, err := modfile.Parse(name, text, nil); err == nil {
			f.SortBlocks()
			return modfile.Format(f.Syntax)
		}
	}
	return text
}

func report(out io.Writer, from, to string, changed int) {
	fmt.Fprintf(out, "%s is now %s: %d files changed.\n", from, to, changed)
	fmt.Fprint(out, `Next:
  go vet ./... && go test ./...
  git add --all && git commit -m "module: another path"
`)
	if first, _, _ := strings.Cut(to, "/"); !strings.Contains(first, ".") {
		fmt.Fprintln(out, "No proxy serves a path whose first word has no dot: it works from a checkout alone.")
		return
	}
	fmt.Fprintf(out, `  git tag v0.1.0 && git push origin v0.1.0
  go run %s/router@v0.1.0 init shop --module example.com/you/shop
`, to)
}
