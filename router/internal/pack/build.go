package pack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"switchyard/router/internal/function"
	"switchyard/router/internal/generate"
	"switchyard/router/internal/pack/oci"
	"switchyard/router/internal/pack/plan"
)

const (
	patient = 2 * time.Second  // how long something may take before it is announced
	giveUp  = 10 * time.Second // how long the go command may take to stop
)

// builder builds the units of a plan.
type builder struct {
	Options
	plan *plan.Plan
	tree *generate.Tree
	temp string // a folder for what is not kept

	mu sync.Mutex // for Progress
}

// build builds all units. It compiles what they have in common once, before several are
// linked at a time.
func (b *builder) build(ctx context.Context) error {
	if err := b.warm(ctx); err != nil {
		return err
	}
	at, total := runtime.GOMAXPROCS(0), len(b.plan.Units)
	each := max(1, at/min(at, total)) // the processors for one
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(at)
	for i := range b.plan.Units {
		u := &b.plan.Units[i]
		overlay, err := b.overlay(u.Name, u.Functions)
		if err != nil {
			return errors.Join(fmt.Errorf("package %s: %w", u.Name, err), g.Wait())
		}
		g.Go(func() error {
			defer b.announce("building %s (%d of %d)", u.Name, i+1, total)()
			if err := b.unit(ctx, u, overlay, each); err != nil {
				return fmt.Errorf("package %s: %w", u.Name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// warm compiles everything that the units consist of into the go command's cache.
func (b *builder) warm(ctx context.Context) error {
	defer b.announce("compiling for %s, which takes minutes the first time", b.Arch)()
	overlay, err := b.overlay("all", b.Functions)
	if err != nil {
		return err
	}
	args := append([]string{"list", "-export", "-deps", "-f", "{{.Name}}"}, flags(overlay, b.commonTags())...)
	return b.golang(ctx, append(args, "./"+generate.PackageProgram)...)
}

// unit builds u with so many processors, and keeps the result in the output.
func (b *builder) unit(ctx context.Context, u *plan.Unit, overlay string, processors int) error {
	binary := filepath.Join(b.temp, u.Name)
	args := append([]string{"build", "-p", strconv.Itoa(processors), "-o", binary}, flags(overlay, b.tags(u))...)
	args = append(args, "-ldflags", "-s -w -X "+path.Join(b.tree.Framework(), "router/internal/app")+".commit="+b.plan.Version, "./"+generate.PackageProgram)
	if err := b.golang(ctx, args...); err != nil {
		return err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	if u.Unzipped = info.Size(); b.Target == plan.Container {
		u.Digest, err = b.image(ctx, u.Name, binary)
	} else {
		u.Zip = u.Name + ".zip"
		u.SHA256, u.Size, err = writeZip(filepath.Join(b.Out, u.Zip), binary)
	}
	return errors.Join(err, os.Remove(binary))
}

// image writes the image of a program into a folder of its name, and returns its digest.
func (b *builder) image(ctx context.Context, name, binary string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	return oci.Write(filepath.Join(b.Out, name), oci.Image{
		Name: name, Version: b.plan.Version, Programs: map[string]string{b.Arch: binary},
		Zones: filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"),
	})
}

// flags returns the flags of all calls of the go command.
func flags(overlay string, tags []string) []string {
	tags = append([]string{generate.ReleaseTags}, tags...)
	return []string{"-overlay", overlay, "-tags", strings.Join(tags, ","), "-trimpath", "-buildvcs=false"}
}

// tags leave out what u does not need: see package parts.
func (b *builder) tags(u *plan.Unit) []string {
	var tags []string
	if !u.Jobs() {
		tags = append(tags, "switchyard_nojobs")
	}
	if !slices.Contains(u.Needs.Services(), "db") {
		tags = append(tags, "switchyard_nodb")
	}
	if b.Target == plan.Lambda { // what one process counts is nobody's there
		tags = append(tags, "switchyard_nometrics")
	}
	if !b.Together { // the document of the API would be of one function
		tags = append(tags, "switchyard_nodocs")
	}
	return tags
}

// commonTags are those of all units.
func (b *builder) commonTags() []string {
	tags := b.tags(&b.plan.Units[0])
	for i := range b.plan.Units {
		some := b.tags(&b.plan.Units[i])
		tags = slices.DeleteFunc(tags, func(tag string) bool { return !slices.Contains(some, tag) })
	}
	return tags
}

// overlay writes a catalog of functions, and what makes the go command read it in place
// of the repository's. It returns the name of that file.
func (b *builder) overlay(name string, functions []function.Function) (string, error) {
	o := generate.SubsetOptions{Behind: b.Behind}
	for _, f := range functions {
		o.Functions = append(o.Functions, f.Name)
	}
	catalog, err := b.tree.Subset(o)
	if err != nil {
		return "", err
	}
	return generate.Overlay(b.Root, b.temp, name, catalog)
}

// golang runs the go command for the platform.
func (b *builder) golang(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = b.Root
	cmd.Env = append(cmd.Environ(), "GOOS=linux", "GOARCH="+b.Arch, "CGO_ENABLED=0")
	// It removes its temporary files when it is interrupted.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = giveUp
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("go %s: %w\n%s", args[0], err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}

// announce writes a line if stop is not called soon.
func (b *builder) announce(format string, args ...any) (stop func()) {
	done := false // b.mu
	timer := time.AfterFunc(patient, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if !done {
			fmt.Fprintf(b.Progress, format+"\n", args...)
		}
	})
	return func() {
		timer.Stop()
		b.mu.Lock()
		defer b.mu.Unlock()
		done = true
	}
}
