// Package scaffold writes new projects: the files of a small product that uses every kind
// of function, and depends on this module.
//
// Package create writes functions into a project, package own the source of functions
// that the project has been lent.
package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Options are those of [Init].
type Options struct {
	Dir    string // where the project is to be; it may exist, if it is empty
	Module string // the path of its module: "example.com/acme/orders"
	// Name is what people see it called. Defaults to the last element of Module: "Orders".
	Name string
	// Bare leaves out signing in and pages.
	Bare bool
	// Out is where it says what it does, a line for each step.
	Out io.Writer
}

// Init writes a project that builds, and generates its catalog. If the options are wrong
// or a step fails, or ctx ends, Dir is as it was.
func Init(ctx context.Context, o Options) error {
	err := o.init(ctx)
	if err != nil && ctx.Err() != nil && isEmpty(o.Dir) {
		// What the go command says of its end would be all that one reads.
		return fmt.Errorf("stopped before the project was ready: nothing is left in %s; run it again to begin anew", o.Dir)
	}
	return err
}

// isEmpty reports whether there is nothing in dir, or no dir.
func isEmpty(dir string) bool {
	entries, err := os.ReadDir(dir)
	return len(entries) == 0 && (err == nil || errors.Is(err, fs.ErrNotExist))
}

func (o Options) init(ctx context.Context) error {
	if err := o.check(ctx); err != nil {
		return err
	}
	began := time.Now()
	f, err := findFramework(ctx)
	if err != nil {
		return err
	}
	files, err := o.files()
	if err != nil {
		return err
	}
	err = within(o.Dir, func(dir string) error { return o.fill(ctx, dir, files, f) })
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "%s is ready, after %s.\n\nNext:\n  cd %s\n  go run ./router dev    # all of it on this machine\n  go test ./...\nREADME.md says how to add functions.\n",
		o.title(), time.Since(began).Round(time.Second/10), shellQuoted(o.Dir))
	return nil
}

// shellQuoted returns a path as a shell takes it.
func shellQuoted(dir string) string {
	if strings.ContainsAny(dir, " \t\"'\\$`()&;|<>*?[]#~!{}") {
		return "'" + strings.ReplaceAll(dir, "'", `'\''`) + "'"
	}
	return dir
}

// fill writes the project into the folder dir.
func (o Options) fill(ctx context.Context, dir string, files map[string][]byte, f framework) error {
	say := func(line string) { fmt.Fprintln(o.Out, line) }
	say(fmt.Sprintf("writing %d files", len(files)))
	for name, text := range files {
		if err := writeFile(dir, name, text); err != nil {
			return err
		}
	}
	say("requiring " + f.String())
	if err := f.require(ctx, dir, o.Module); err != nil {
		return err
	}
	say("generating the catalog")
	if out, err := runGo(ctx, dir, "tool", "switchyard", "generate"); err != nil {
		return fmt.Errorf("generate the catalog: %w\n%s", err, out)
	}
	// What is required is known when the pages are generated, too.
	if out, err := runGo(ctx, dir, "mod", "tidy"); err != nil {
		return fmt.Errorf("go mod tidy: %w\n%s", err, out)
	}
	return nil
}

// within calls fill with a new folder, and then moves what is in it into dir. If fill
// fails, dir is as it was.
func within(dir string, fill func(tmp string) error) (err error) {
	made, err := makeDir(dir)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && made != "" {
			err = errors.Join(err, os.RemoveAll(made))
		}
	}()
	tmp, err := os.MkdirTemp(dir, ".init-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if err := fill(tmp); err != nil {
		return err
	}
	entries, err := os.ReadDir(tmp)
	for _, e := range entries {
		err = errors.Join(err, os.Rename(filepath.Join(tmp, e.Name()), filepath.Join(dir, e.Name())))
	}
	return err
}

// makeDir makes dir and returns the first folder on the way there that was not there
// before, "" if all were.
func makeDir(dir string) (made string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			return made, os.MkdirAll(dir, 0o755)
		}
		made = at
	}
}

func writeFile(dir, name string, text []byte) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if strings.HasPrefix(string(text), "#!") {
		mode = 0o755
	}
	return os.WriteFile(file, text, mode)
}
