// Package fresh tells whether anything has changed that generated files are made from. With
// thousands of functions it takes seconds to generate, and mostly nothing has changed.
//
// Everything counts that may be an input: the program that generates, the go command and its
// settings, and every file of the module and of the modules in local folders that it builds on.
// Generated files count too, so that a change of them by hand is undone. go.sum vouches for
// modules that have a version. Where fresh cannot know, it says so: [ErrUnknown].
package fresh

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// State is all that generated files are made from, at one time.
type State struct {
	root     string
	settings string
	files    map[string]file // by their paths
}

// ErrUnknown says that generated files may depend on something that this package does not look at.
var ErrUnknown = errors.New("not all that is generated from can be seen")

// Take returns the state of the module whose go.mod is in the folder root. The error is
// [ErrUnknown], or what could not be read.
func Take(ctx context.Context, root string) (*State, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	env, err := environment(ctx, root)
	if err != nil {
		return nil, err
	}
	program, err := self()
	if err != nil {
		return nil, err
	}
	roots, err := roots(root, env["GOWORK"])
	if err != nil {
		return nil, err
	}
	s := &State{root: root, files: map[string]file{}}
	for _, r := range roots {
		if err := s.walk(r); err != nil {
			return nil, err
		}
	}
	if env["GOWORK"] != "" && env["GOWORK"] != "off" {
		for _, name := range []string{env["GOWORK"], env["GOWORK"] + ".sum"} {
			s.files[name] = file{path: name}
		}
	}
	if err := s.read(); err != nil {
		return nil, err
	}
	c := build.Default
	s.settings = fmt.Sprintln(program, env, c.GOOS, c.GOARCH, c.CgoEnabled, c.Compiler, c.BuildTags, c.ToolTags, c.ReleaseTags)
	return s, nil
}

// sum returns what tells s from all other states.
func (s *State) sum() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", s.settings)
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		fmt.Fprintf(h, "%q %x\n", name, s.files[name].sum)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// follows reports whether s is what before has become by a change of some files alone, whose
// names are relative to the root. A file that was changed and put back counts as changed.
func (s *State) follows(before *State, changed []string) bool {
	if s.root != before.root || s.settings != before.settings {
		return false
	}
	ours := map[string]bool{}
	for _, name := range changed {
		ours[filepath.Join(s.root, filepath.FromSlash(name))] = true
	}
	for name := range s.files {
		if _, there := before.files[name]; !there && !ours[name] {
			return false
		}
	}
	for name, was := range before.files {
		if is, there := s.files[name]; !ours[name] && (!there || !is.same(was)) {
			return false
		}
	}
	return true
}

// environment returns the settings of the go command in root.
func environment(ctx context.Context, root string) (map[string]string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "-json")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ask for the settings of Go: %w", err)
	}
	var env map[string]string
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, err
	}
	delete(env, "GOGCCFLAGS") // has the name of a temporary folder
	for _, flag := range []string{"-modfile", "-overlay", "-toolexec", "-pkgdir"} {
		if strings.Contains(env["GOFLAGS"], flag) {
			return nil, ErrUnknown
		}
	}
	return env, nil
}

// self returns the sum of the program that runs.
func self() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	program, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(program)
	return hex.EncodeToString(sum[:]), nil
}

// roots returns the folders of the module in root, and of those that it builds on and that
// have no version: the ones that its go.mod puts in place of others, and those of a workspace.
func roots(root, workspace string) ([]string, error) {
	all := []string{root}
	add := func(below string, replaced []*modfile.Replace) {
		for _, r := range replaced {
			if r.New.Version == "" {
				all = append(all, absolute(below, r.New.Path))
			}
		}
	}
	if workspace != "" && workspace != "off" {
		text, err := os.ReadFile(workspace)
		if err != nil {
			return nil, err
		}
		work, err := modfile.ParseWork(workspace, text, nil)
		if err != nil {
			return nil, err
		}
		add(filepath.Dir(workspace), work.Replace)
		for _, use := range work.Use {
			all = append(all, absolute(filepath.Dir(workspace), use.Path))
		}
	}
	for _, dir := range slices.Clone(all) { // those of other modules than the main ones do not count, and do no harm
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			return nil, err
		}
		mod, err := modfile.Parse(filepath.Join(dir, "go.mod"), text, nil)
		if err != nil {
			return nil, err
		}
		add(dir, mod.Replace)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func absolute(below, path string) string {
	if path = filepath.FromSlash(path); filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(below, path)
}

// usesC reports whether a Go file has C in it, which can read any other file.
func usesC(text []byte) bool {
	if !bytes.Contains(text, []byte(`"C"`)) {
		return false
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ImportsOnly)
	return err != nil || slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"C"` })
}
