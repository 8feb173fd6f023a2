package main

import (
	"archive/zip"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"switchyard/bench/router"
)

// catalog is that of a package with the function hello alone.
//
//go:embed catalog.txt
var catalog []byte

// packaged is the main of a package.
//
//go:embed package.txt
var packaged []byte

// host is a program that has the same functions and host, but algnhsa before them.
//
//go:embed host.txt
var host []byte

// program is a Lambda that answers with {"message":"hello"}.
type program struct {
	name   string
	binary string
	zip    int64 // bytes
}

// Programs, in the order of build's result.
const (
	bare = iota
	bareAlgnhsa
	hostAlgnhsa
	switchyard
)

// build builds the programs into dir, all in the way of `router package`.
func build(ctx context.Context, dir string) ([]program, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Module.Dir}}", "switchyard/router/catalog").Output()
	if err != nil {
		return nil, fmt.Errorf("find the repository: %w", err)
	}
	root := string(bytes.TrimSpace(out))
	alone, err := overlay(root, dir, "hello", packaged)
	if err != nil {
		return nil, err
	}
	behind, err := overlay(root, dir, "host", host)
	if err != nil {
		return nil, err
	}
	const tags = ",switchyard_nojobs,switchyard_nodb,switchyard_nometrics,switchyard_nodocs"
	programs := []program{
		bare:        {name: "aws-lambda-go"},
		bareAlgnhsa: {name: "algnhsa"},
		hostAlgnhsa: {name: "algnhsa-host"},
		switchyard:  {name: "switchyard"},
	}
	for i, source := range []struct{ dir, pkg, tags, overlay string }{
		{filepath.Join(root, "bench"), "./lambda/bare", "", alone},
		{filepath.Join(root, "bench"), "./lambda/algnhsa", "", alone},
		{root, "./router/package", tags, behind},
		{root, "./router/package", tags, alone},
	} {
		p := &programs[i]
		p.binary = filepath.Join(dir, p.name)
		cmd := exec.CommandContext(ctx, "go", "build", "-o", p.binary, "-overlay", source.overlay,
			"-tags", router.Tags+source.tags, "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", source.pkg)
		cmd.Dir = source.dir
		cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w\n%s", p.name, err, said)
		}
		if p.zip, err = zipped(p.binary); err != nil {
			return nil, err
		}
	}
	return programs, nil
}

// overlay writes what puts the function, its catalog and the main of its package into the
// repository for the go command alone. It returns the name of that file.
func overlay(root, dir, name string, main []byte) (string, error) {
	replace := map[string]string{
		filepath.Join(root, "functions", "api", "hello", "hello.go"): filepath.Join(root, "bench", "lambda", "hello", "hello.go"),
	}
	for path, content := range map[string][]byte{"router/catalog/catalog_gen.go": catalog, "router/package/main.go": main} {
		file := filepath.Join(dir, name+"-"+filepath.Base(path))
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(root, filepath.FromSlash(path))] = file
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, name+".json")
	return file, os.WriteFile(file, list, 0o600)
}

// zipped returns the size of a zip with the program in it.
func zipped(binary string) (int64, error) {
	f, err := os.Open(binary)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	entry, err := z.Create("bootstrap")
	if err == nil {
		_, err = io.Copy(entry, f)
	}
	return int64(b.Len()), errors.Join(err, z.Close())
}
