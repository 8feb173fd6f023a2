package scaffold

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/module"

	"switchyard/internal/lazy"
	"switchyard/router/internal/version"
)

// check says everything that is wrong with the options.
func (o Options) check(ctx context.Context) error {
	root, err := runGo(ctx, ".", "env", "GOROOT")
	if err != nil {
		return fmt.Errorf("go env: %w\n%s", err, root)
	}
	std := standard(filepath.Join(strings.TrimSpace(root), "src"))
	errModule := checkModule(o.Module, std)
	if errModule != nil && o.Name == "" { // there is nothing to make a name of
		return errors.Join(checkDir(o.Dir), errModule)
	}
	return errors.Join(checkDir(o.Dir), errModule, checkName(o.title(), std))
}

// title returns what people see the project called.
func (o Options) title() string {
	if o.Name != "" {
		return o.Name
	}
	prefix, _, _ := module.SplitPathVersion(o.Module)
	name := strings.NewReplacer("-", " ", "_", " ").Replace(path.Base(prefix))
	return strings.ToUpper(name[:1]) + name[1:]
}

func checkDir(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the folder %s cannot be used: %w", dir, err)
	case len(entries) > 0:
		return fmt.Errorf("the folder %s is not empty (it has %s): name one that is, or that does not exist yet", dir, entries[0].Name())
	}
	return nil
}

// checkModule refuses paths under which the go command would not find the project's
// packages, or would take them for others.
func checkModule(p string, std standard) error {
	framework := version.Module()
	const want = "want a path such as example.com/you/orders"
	switch {
	case std.has(p):
		return fmt.Errorf("--module %s: the standard library has packages of that path; %s", p, want)
	case p == framework || strings.HasPrefix(p, framework+"/") || strings.HasPrefix(framework, p+"/"):
		return fmt.Errorf("--module %s: the path of the framework, %s, and the project's may not contain each other; %s", p, framework, want)
	}
	if err := module.CheckPath(p); err != nil {
		return fmt.Errorf("--module: %w; %s", err, want)
	}
	for element := range strings.SplitSeq(p, "/") {
		if element == "internal" || element == "vendor" {
			return fmt.Errorf("--module %s: what is below %s/ cannot be imported from elsewhere; %s", p, element, want)
		}
	}
	return nil
}

// standard is the folder of the standard library's source.
type standard string

// has reports whether a path is, or could be, that of a package of the standard library:
// whether it begins as one does.
func (s standard) has(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	if first == "" || strings.ContainsAny(first, `.\`) {
		return false
	}
	_, err := os.Stat(filepath.Join(string(s), first))
	return err == nil || first == "std"
}

// nameForm is what a name looks like: it stands in Go source, HTML and logs.
var nameForm = lazy.Regexp{Source: `^[\pL\pN][\pL\pN '&+.,:()_-]*$`}

// longest is how many bytes a name has at most.
const longest = 60

func checkName(name string, std standard) error {
	switch {
	case len(name) > longest:
		return fmt.Errorf("--name: %q is too long: at most %d bytes", name, longest)
	case !nameForm.Get().MatchString(name):
		return fmt.Errorf("--name: %q is no name: want letters and digits, spaces and marks such as - between them", name)
	case std.has(strings.ToLower(name)):
		return fmt.Errorf("--name: %q is a package of the standard library: choose another name", name)
	}
	return nil
}

// slug returns the name as those take it that allow only a to z, 0 to 9 and -.
func slug(name string) string {
	s := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-"), "-")
	if s == "" {
		return "project"
	}
	return s
}
