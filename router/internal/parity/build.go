package parity

import (
	"archive/zip"
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"

	"switchyard/internal/stack"
	"switchyard/router/internal/generate"
)

// corpus are the requests to the probes.
//
//go:embed corpus
var corpus embed.FS

// Corpus returns the requests to the probes.
func Corpus() ([]File, error) {
	dir, err := fs.Sub(corpus, "corpus")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(dir, "*.http")
	if err != nil {
		return nil, err
	}
	var files []File
	for _, name := range names {
		f, err := parse(dir, name)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// ProbesEnv is the environment of the program with the probes, on every side.
func ProbesEnv(context.Context, string) ([]string, error) {
	return []string{
		"LOG_LEVEL=error", "BETTER_AUTH_URL=https://" + defaultHost,
		"BETTER_AUTH_TRUSTED_ORIGINS=https://app.example,https://*.wild.example",
	}, nil
}

// TempDir makes a folder to build in, and returns it with what removes it again. Those
// that killed runs left behind are removed first.
func TempDir() (dir string, remove func() error, err error) { return stack.TempDir() }

// BuildProbes builds the program that has the probes into dir, and returns its name. The
// go command runs in root, the folder of a module that has this package, or requires it.
func BuildProbes(ctx context.Context, root, dir string) (string, error) {
	probes := reflect.TypeFor[Options]().PkgPath() + "/probe/program"
	return build(ctx, root, dir, probes, "switchyard_nojobs,switchyard_nodb,switchyard_nometrics,switchyard_nodocs")
}

// Build builds the program that has all functions of the project at root into dir, and
// returns its name.
func Build(ctx context.Context, root, dir string) (string, error) {
	overlay, err := generate.Overlay(root, dir, "overlay", nil)
	if err != nil {
		return "", err
	}
	return build(ctx, root, dir, "./"+generate.PackageProgram, "switchyard_nometrics", "-overlay", overlay)
}

// build builds what a package contains, with the tags of one, and the flags, so that each
// finds in the go command's cache what was compiled for the other.
func build(ctx context.Context, root, dir, pkg, tags string, flags ...string) (string, error) {
	program := filepath.Join(dir, "bootstrap")
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-tags", generate.ReleaseTags + "," + tags, "-o", program}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Dir = root
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program to compare: %w\n%s", err, bytes.TrimSpace(out))
	}
	return program, nil
}

// Unzip takes the program out of a package into dir, and returns its name.
func Unzip(file, dir string) (string, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	defer z.Close()
	in, err := z.Open("bootstrap")
	if err != nil {
		return "", fmt.Errorf("%s is no package for Lambda: %w", file, err)
	}
	defer in.Close()
	program := filepath.Join(dir, "bootstrap")
	out, err := os.OpenFile(program, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o700)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, in) //nolint:gosec // it is run next: its size is the least of what it may do
	return program, errors.Join(err, out.Close())
}
