// Package project says which project a program belongs to. Several projects may share a server,
// so that what they keep there has the project's name: the app at Inngest, connections, locks.
package project

import (
	"path"
	"runtime/debug"
	"sync"

	"switchyard/internal/lazy"
)

// unknown is the module of a program that was built without the toolchain's notes.
const unknown = "project"

// Module returns the path of the main module, which the toolchain writes into each program:
// "example.com/shop".
func Module() string { return module() }

var module = sync.OnceValue(func() string { //nolint:gochecknoglobals // asked of the binary, which never changes
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path != "" {
		return info.Main.Path
	}
	return unknown
})

// Name returns the project's name: see [NameOf].
func Name() string { return NameOf(Module()) }

var version = lazy.Regexp{Source: `^v[0-9]+$`}

// NameOf returns the last element of a module's path that is not its major version:
// "shop" for "example.com/shop/v2".
func NameOf(module string) string {
	name := path.Base(module)
	if dir := path.Dir(module); dir != "." && version.Get().MatchString(name) {
		name = path.Base(dir)
	}
	return name
}
