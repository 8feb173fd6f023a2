package generate_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// newProject makes a project of files, in which FRAMEWORK stands for the path of this
// module. It requires this module, and the one that its folder library is, if there is one;
// both stand in folders.
func newProject(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	framework, here := frameworkModule(t)
	mod := read(t, filepath.Join(here, "go.mod"))
	_, requires, _ := strings.Cut(mod, "\n")
	requires, _, _ = strings.Cut(requires, "\ntool ")
	library := ""
	if files["library/go.mod"] != "" {
		library = "\nrequire example.com/library v0.0.0\n\nreplace example.com/library => ./library\n"
	}
	write(t, root, "go.mod", "module example.com/acme/orders\n"+requires+
		"\nrequire "+framework+" v0.0.0\n\nreplace "+framework+" => "+here+"\n"+library)
	write(t, root, "go.sum", read(t, filepath.Join(here, "go.sum")))
	for name, text := range files {
		write(t, root, name, strings.ReplaceAll(text, "FRAMEWORK", framework))
	}
	return root
}

// frameworkModule returns the path of this module, and its folder.
func frameworkModule(t *testing.T) (path, dir string) {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(read(t, filepath.Join(dir, "go.mod")))[1], dir
}

// lend is the source of a function of the framework that is lent as spec says.
func lend(dir, spec string) string {
	return lendOf("FRAMEWORK/"+dir, dir[strings.LastIndex(dir, "/")+1:], spec)
}

// lendOf is the source of a package that lends the function at importPath.
func lendOf(importPath, name, spec string) string {
	lender := importPath[strings.LastIndex(importPath, "/")+1:]
	imports := "\"" + importPath + "\"\n"
	if strings.Contains(spec, "fn.") {
		imports += "\t\"FRAMEWORK/shared/fn\"\n"
	}
	return "// Package " + name + " is lent.\npackage " + name + "\n\nimport (\n\t" + imports + ")\n\ntype Function = " + lender + ".Function\n\nvar Spec = " + spec + "\n"
}
