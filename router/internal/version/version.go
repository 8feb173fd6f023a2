// Package version tells of which module the framework is, and which version of it a program was
// built with.
package version

import (
	"cmp"
	"reflect"
	"runtime/debug"
	"strings"

	"switchyard/shared/fn"
)

// Framework is the module that a project's programs are made of.
type Framework struct {
	Module  string `json:"module"`  // its path
	Version string `json:"version"` // "v0.2.0"; "devel" if it was built from its source
	// Replaced is what stands in its place by a line of go.mod: a folder, or a module and
	// its version. "" if nothing does.
	Replaced string `json:"replaced,omitempty"`
}

// Module returns the path of the framework's module: the one that this package belongs to.
func Module() string {
	return strings.TrimSuffix(reflect.TypeFor[fn.Endpoint]().PkgPath(), "/shared/fn")
}

// OfFramework returns the version in this program.
func OfFramework() Framework {
	info, _ := debug.ReadBuildInfo()
	return find(info, Module())
}

// Released returns the version of the framework in this program, if it is one that the go command
// fetches; "" if the program was built from a folder, which somebody may have changed.
func Released() string {
	info, _ := debug.ReadBuildInfo()
	return released(info, Module())
}

// released is [Released] for the module path. Only what comes from the module cache has a sum.
func released(info *debug.BuildInfo, path string) string {
	if info == nil {
		return ""
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == path && m.Replace == nil && m.Sum != "" {
			return m.Version
		}
	}
	return ""
}

// find looks the module path up in what the go command wrote into a program. The program
// is one of that module itself, or has it among its dependencies.
func find(info *debug.BuildInfo, path string) Framework {
	f := Framework{Module: path, Version: "devel"}
	if info == nil {
		return f
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path != path {
			continue
		}
		if m.Version != "" && m.Version != "(devel)" {
			f.Version = m.Version
		}
		if r := m.Replace; r != nil {
			f.Replaced = strings.TrimSpace(r.Path + " " + strings.TrimPrefix(r.Version, "(devel)"))
			f.Version = cmp.Or(strings.TrimPrefix(r.Version, "(devel)"), "devel")
		}
	}
	return f
}

// String says it in a line.
func (f Framework) String() string {
	s := f.Module + " " + f.Version
	if f.Replaced != "" {
		s += " (replaced by " + f.Replaced + ")"
	}
	return s
}
