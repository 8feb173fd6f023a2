package stack

import "context"

// For the tests of what no exported name shows.
var (
	MajorVersion = majorVersion
	VersionIn    = versionIn
)

// Discard removes all of a Dir.
var Discard = discard

// RunGo runs the go command in the module's folder.
var RunGo = runGo

// ModuleDir finds a module below internal/stack.
var ModuleDir = moduleDir

// Build is a build named name of the module, kept in cache.
func Build(name, module, cache string, recipe func(context.Context, string) error) func(context.Context, func(string)) (string, error) {
	return build{verb: "building", label: name, name: name, module: module, cache: cache, recipe: recipe}.once
}
