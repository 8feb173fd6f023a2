package stack

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// findPostgres returns the folder of PostgreSQL's programs. As root, only what the
// account can reach counts.
func findPostgres(ctx context.Context, a *account, progress func(string)) (string, error) {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",          // Debian
		"/usr/pgsql-*/bin",                   // Fedora
		"/opt/homebrew/opt/postgresql@*/bin", // macOS
		"/usr/local/opt/postgresql@*/bin",    // macOS on Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		slices.SortStableFunc(found, func(a, b string) int { return versionIn(b) - versionIn(a) })
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		if hasPrograms(dir) && a.reaches(dir) {
			return dir, nil
		}
	}
	return downloadPostgres(ctx, a, progress)
}

// hasPrograms reports whether the folder has all that we run of PostgreSQL.
func hasPrograms(dir string) bool {
	for _, program := range []string{"postgres", "initdb"} {
		if _, err := exec.LookPath(filepath.Join(dir, program)); err != nil {
			return false
		}
	}
	return true
}

// versionIn returns the 17 of /usr/lib/postgresql/17/bin, or 0.
func versionIn(dir string) int {
	name := filepath.Base(filepath.Dir(dir))
	digits := strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz@-")
	version, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0
	}
	return int(version)
}

// downloadPostgres downloads PostgreSQL once, and returns the folder of its
// programs. The downloading is done by a program in a module of its own, so that
// this module does not depend on what it needs.
func downloadPostgres(ctx context.Context, a *account, progress func(string)) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	if !a.reaches(filepath.Dir(cache)) {
		cache = standIn(cache)
		if err := makeOwn(cache); err != nil {
			return "", err
		}
	}
	files, err := toolFiles("postgres")
	if err != nil {
		return "", err
	}
	dir, err := build{
		verb: "downloading", label: "PostgreSQL, which is not installed",
		name: "postgres", files: files, cache: cache,
		recipe: func(ctx context.Context, module, target string) error {
			return runGo(ctx, module, "run", "main.go", target)
		},
	}.once(ctx, progress)
	if err != nil {
		return "", fmt.Errorf("download PostgreSQL (install it to do without): %w", err)
	}
	return filepath.Join(dir, "bin"), nil
}
