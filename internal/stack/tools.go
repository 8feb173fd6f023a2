package stack

import (
	"embed"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// tools has a folder for each program that is made from Go modules of its own: the
// module's go.mod and go.sum, and what main package it has. They travel inside the
// program because a published module leaves out every folder that has a go.mod; so
// they are called tool.mod and tool.sum here. To take a newer release:
//
//	go get -modfile=internal/stack/tools/s3/tool.mod -tool github.com/versity/versitygw/cmd/versitygw@v1.7.0
//
//go:embed tools
var tools embed.FS

// toolFiles returns the files of the tool's module by the names that the go command
// wants.
func toolFiles(name string) (map[string][]byte, error) {
	root := "tools/" + name
	entries, err := fs.ReadDir(tools, root)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		text, err := fs.ReadFile(tools, root+"/"+e.Name())
		if err != nil {
			return nil, err
		}
		files[strings.Replace(e.Name(), "tool.", "go.", 1)] = text
	}
	return files, nil
}

// writeFiles puts the files into dir, which it makes.
func writeFiles(dir string, files map[string][]byte) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
