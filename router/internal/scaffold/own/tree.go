package own

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// walk calls do with each file that belongs to the function: in its folder, and in those
// of its internal packages and of its test data. Other folders are other functions.
func (l *loan) walk(do func(name string, text []byte) error) error {
	root := os.DirFS(l.from)
	return fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			first, _, _ := strings.Cut(name, "/")
			if name != "." && first != "internal" && first != "testdata" && !l.embeds(first) {
				return fs.SkipDir
			}
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		return do(name, text)
	})
}

// embeds reports whether a folder below the function's has no Go files: it can only be
// there to be embedded.
func (l *loan) embeds(folder string) bool {
	embeds := true
	_ = filepath.WalkDir(filepath.Join(l.from, folder), func(name string, _ fs.DirEntry, _ error) error {
		embeds = embeds && filepath.Ext(name) != ".go"
		return nil
	})
	return embeds
}

// testsToo reports whether the function's tests can come along: they import nothing that
// is closed to other modules, and the project has no tests of its own there.
func (l *loan) testsToo() (bool, error) {
	own, err := filepath.Glob(filepath.Join(l.dir, "*_test.go"))
	if err != nil || len(own) > 0 {
		return false, err
	}
	open := true
	err = l.walk(func(name string, text []byte) error {
		if strings.HasSuffix(name, "_test.go") {
			closed, err := l.closed(name, l.rewrite(text))
			open = open && closed == ""
			return err
		}
		return nil
	})
	return open, err
}

// checkImports refuses source that does not compile in another module.
func (l *loan) checkImports(files map[string][]byte) error {
	for _, name := range sortedNames(files) {
		if closed, err := l.closed(name, files[name]); err != nil {
			return err
		} else if closed != "" {
			return fmt.Errorf("%s cannot be copied: %s imports %s, which is closed to other modules", l.Lent, name, closed)
		}
	}
	return nil
}

// closed returns an import of the file that only the lender's module may import, or "".
func (l *loan) closed(name string, text []byte) (string, error) {
	if filepath.Ext(name) != ".go" {
		return "", nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return "", err
	}
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return "", err
		}
		if strings.Contains("/"+p+"/", "/internal/") && !strings.HasPrefix(p, l.path+"/") {
			return p, nil
		}
	}
	return "", nil
}
