package stack

import "context"

// For the tests of what no exported name shows.
var (
	MajorVersion = majorVersion
	VersionIn    = versionIn
)

// Reserve keeps a port from being given by FreePort.
var Reserve = reserve

// Discard removes all of a Dir, and StandIn names what stands in for it.
var (
	Discard = discard
	StandIn = standIn
)

// RunGo runs the go command in the module's folder.
var RunGo = runGo

// WriteTool puts the files of a tool's module into dir, which it makes.
func WriteTool(dir, name string) error {
	files, err := toolFiles(name)
	if err != nil {
		return err
	}
	return writeFiles(dir, files)
}

// Build is a build named name of the module with the files, kept in cache.
func Build(
	name string, files map[string][]byte, cache string, recipe func(ctx context.Context, module, target string) error,
) func(context.Context, func(string)) (string, error) {
	return build{verb: "building", label: name, name: name, files: files, cache: cache, recipe: recipe}.once
}
