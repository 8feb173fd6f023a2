package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"switchyard/bench/router"
)

// catalog is that of a router with the jobs of package load alone.
//
//go:embed catalog.txt
var catalog string

// digest is how a catalog says which schema it has.
var digest = regexp.MustCompile(`Digest: +"([0-9a-f]+)"`)

// build builds the router of this repository, with the jobs of package load in place of
// its own functions, into dir, and returns the path of the program.
func build(ctx context.Context, dir string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Module.Dir}}", "switchyard/router/catalog").Output()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	root := strings.TrimSpace(string(out))
	overlay, err := overlay(root, dir)
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "router")
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"build"}, router.Flags(), []string{"-o", program, "-overlay", overlay, "./router"})...)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	cmd.Dir = root
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the router: %w\n%s", err, said)
	}
	return program, nil
}

// overlay writes what puts the jobs and their catalog into the repository for the go
// command alone. It returns the name of that file.
func overlay(root, dir string) (string, error) {
	path := filepath.Join(root, "router", "catalog", "catalog_gen.go")
	real, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	found := digest.FindSubmatch(real)
	if found == nil {
		return "", fmt.Errorf("%s names no digest of the schema", path)
	}
	ours := filepath.Join(dir, "catalog.go")
	text := strings.Replace(catalog, "DIGEST", string(found[1]), 1)
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{
		path: ours,
		filepath.Join(root, "functions", "jobs", "load", "load.go"): filepath.Join(root, "bench", "inngest", "load", "load.go"),
	}})
	file := filepath.Join(dir, "overlay.json")
	return file, errors.Join(err, os.WriteFile(ours, []byte(text), 0o600), os.WriteFile(file, list, 0o600))
}
