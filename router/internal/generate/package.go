package generate

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"switchyard/router/internal/generate/source"
)

// PackageProgram is the folder of the program that a package contains. It is in no repository:
// [Overlay] adds it to a build.
const PackageProgram = "router/package"

// ReleaseTags are the tags of every program that is released, with commas. The first two leave out
// Lambda's old runtime and grpc's page of traces, which are never used here: both call methods by
// names that the linker cannot know, for which it keeps every exported method of every type. The
// third leaves out what of the router needs the source: see package cli.
const ReleaseTags = "lambda.norpc,grpcnotrace,switchyard_release"

// Overlay writes into dir what the go command needs to find [PackageProgram] in the module whose
// go.mod is in the folder root. What it writes is called name with an ending. The program has the
// functions of catalog, as [Tree.Subset] returns it; if that is nil, those of the module's own
// catalog. It returns the name of the file for the flag -overlay.
func Overlay(root, dir, name string, catalog map[string][]byte) (string, error) {
	m, err := source.Open(root)
	if err != nil {
		return "", err
	}
	main := fmt.Sprintf("package main\n\nimport (\n\t%q\n\t%q\n)\n\nfunc main() { wire.Main(catalog.Program()) }\n",
		m.Path+"/router/catalog", m.Contract("router/wire"))
	files := map[string][]byte{PackageProgram + "/main.go": []byte(main)}
	maps.Copy(files, catalog)
	// A relative name is one below the folder in which the go command runs, however that
	// folder is reached.
	replace := map[string]string{}
	for at, content := range files {
		file := filepath.Join(dir, name+".files", filepath.FromSlash(at))
		if err := Replace(file, content); err != nil {
			return "", err
		}
		replace[filepath.FromSlash(at)] = file
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, name+".json")
	return file, os.WriteFile(file, text, 0o600)
}

// Framework returns the path of the module that the project's router is made of.
func (t *Tree) Framework() string { return t.module.Framework }
