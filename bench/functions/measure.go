package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"switchyard/bench/router"
)

// project is one that was written.
type project struct {
	dir    string
	binary string
	last   int // the number of its last function
}

// measure measures a project of n functions.
func measure(ctx context.Context, root string, n int, s sizes) (f figures, err error) {
	p := project{dir: filepath.Join(s.dir, strconv.Itoa(n)), last: n - 1}
	p.binary = filepath.Join(p.dir, "router.bin")
	f.Functions = n
	if err := write(ctx, root, p.dir, n); err != nil {
		return f, err
	}
	if err := p.command(ctx, "go", "tool", "-n", "switchyard"); err != nil { // builds it
		return f, err
	}
	if err := p.generate(ctx, &f); err != nil || !s.build {
		return f, err
	}
	if err := p.build(ctx, &f); err != nil {
		return f, err
	}
	err = p.serve(ctx, &f, s)
	return f, err
}

// command runs a command in the project's folder.
func (p project) command(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = p.dir
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, bytes.TrimSpace(out))
	}
	return nil
}

// generate measures go generate: of a project that was not generated yet, of one that did not
// change, and of one of whose functions one changed.
func (p project) generate(ctx context.Context, f *figures) error {
	generate := func() error { return p.command(ctx, "go", "generate", "./...") }
	var err error
	if f.Cold, err = took(generate); err != nil {
		return err
	}
	if f.Unchanged, err = took(generate); err != nil {
		return err
	}
	if err = change(p.dir, p.last, time.Now().Nanosecond()); err != nil {
		return err
	}
	f.Changed, err = took(generate)
	return err
}

// build measures builds of a release: the first, one after a function changed, and what linking
// takes of that.
func (p project) build(ctx context.Context, f *figures) error {
	linked := p.binary + ".linked"
	build := func(link ...string) func() error {
		return func() error {
			return p.command(ctx, "go", slices.Concat([]string{"build"}, router.Flags(link...), []string{"-o", linked, "./router"})...)
		}
	}
	var err error
	if f.First, err = took(build()); err != nil {
		return err
	}
	if err = change(p.dir, p.last, time.Now().Nanosecond()); err != nil {
		return err
	}
	if f.Incremental, err = took(build()); err != nil {
		return err
	}
	// Another flag of the linker makes it link, and nothing else.
	if f.Link, err = took(build("-X=main.none=" + strconv.Itoa(time.Now().Nanosecond()))); err != nil {
		return err
	}
	// A copy is started, as a deployed one is: of what the linker has written itself Linux holds 2 MiB
	// at a time, of which a process that runs has more in memory than it uses.
	binary, err := os.ReadFile(linked)
	if err != nil {
		return err
	}
	f.Binary = float64(len(binary)) / 1e6 //nolint:mnd // megabytes
	return os.WriteFile(p.binary, binary, 0o700)
}
