package faults_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// buildRouters builds the programs under test below dir.
func buildRouters(dir string) error {
	var err error
	if router.base, err = buildRouter(filepath.Join(dir, "base")); err != nil {
		return err
	}
	router.next, err = buildRouter(filepath.Join(dir, "next"), "testdata/next")
	if err != nil {
		return err
	}
	return nil
}

// buildRouter builds the router of this tree in dir, with the functions of
// testdata/base and of the other folders in place of its own. It returns the
// path of the program.
func buildRouter(dir string, others ...string) (string, error) {
	without := []string{ // by path
		"functions", "docs", "bench", "router/tests/browser", "router/tests/betterauth", "router/tests/faults",
	}
	err := copyTree("../../..", dir, without)
	for _, from := range append([]string{"testdata/base"}, others...) {
		err = errors.Join(err, copyTree(from, dir, nil))
	}
	if err != nil {
		return "", err
	}
	if len(others) > 0 { // what the next version has no more
		if err := os.RemoveAll(filepath.Join(dir, "functions/jobs/doomed")); err != nil {
			return "", err
		}
	}
	program := filepath.Join(dir, "program")
	if err := runGo(dir, "generate", "./router"); err != nil {
		return "", err
	}
	return program, runGo(dir, "build", "-buildvcs=false", "-o", program, "./router")
}

// runGo runs the go command in dir.
func runGo(dir string, args ...string) error {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// copyTree copies the files below from, but no tests and nothing hidden, to below to.
func copyTree(from, to string, without []string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil || name == "." {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".")
		switch {
		case d.IsDir() && (hidden || d.Name() == "node_modules" || d.Name() == "testdata" || slices.Contains(without, filepath.ToSlash(name))):
			return fs.SkipDir
		case d.IsDir():
			return nil
		case hidden || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o600)
	})
}
