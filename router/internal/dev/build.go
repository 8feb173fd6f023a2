package dev

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"switchyard/internal/stack/process"
	"switchyard/router/internal/dev/state"
	"switchyard/router/internal/dev/terminal"
	"switchyard/router/internal/dev/watch"
	"switchyard/router/internal/generate"
)

// builder turns the source into a migrated database and a running app.
type builder struct {
	root     string
	self     string // this executable, if it was just built from the source; else ""
	inUse    string // the last binary that went live; "" if none has
	state    *state.Folder
	terminal *terminal.Terminal
	goEnv    []string // for the go command
	// prepare returns the environment of a binary, once the servers that it needs for its
	// start are up.
	prepare func(ctx context.Context, k *terminal.Task, binary string) ([]string, error)
	// generate brings what is generated up to date: package generate's Run.
	generate func(ctx context.Context, run generate.Runner, check bool) (generate.Result, error)
	warnings []generate.Problem // that were shown last
}

// newBuilder returns a builder without an environment.
func newBuilder(c Config, s *state.Folder, t *terminal.Terminal) *builder {
	return &builder{root: c.Root, state: s, terminal: t, goEnv: c.Env, generate: generate.Run}
}

// firstBuild returns the binary of the source as it is: this executable if it
// was built from just that.
func (b *builder) firstBuild(ctx context.Context, k *terminal.Task) (string, error) {
	k.Progress("reading functions")
	changed, err := b.update(ctx)
	if err != nil {
		return "", err
	}
	if b.self != "" && !changed {
		return b.self, nil
	}
	return b.compile(ctx, k)
}

// build returns the binary of the source after c changed.
func (b *builder) build(ctx context.Context, k *terminal.Task, c watch.Changes) (string, error) {
	switch {
	case c.Templates(): // there is nothing to compile before
		if _, err := b.update(ctx); err != nil {
			return "", err
		}
		return b.compile(ctx, k)
	case c.Only("router", ".env"): // of which nothing is generated
		return b.compile(ctx, k)
	}
	// Most changes leave what is generated as it is: compile while it is being checked.
	early, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		binary string
		err    error
	}
	compiled := make(chan result, 1)
	go func() {
		binary, err := b.compile(early, k)
		compiled <- result{binary, err}
	}()
	changed, err := b.update(ctx)
	if err != nil || changed {
		cancel()
	}
	r := <-compiled
	switch {
	case err != nil:
		return "", err
	case changed:
		return b.compile(ctx, k)
	}
	return r.binary, r.err
}

// update brings templates and the catalog up to date, and reports whether they were not.
// It shows what is odd about the source, once.
func (b *builder) update(ctx context.Context) (changed bool, err error) {
	result, err := b.generate(ctx, b.goCommand, false)
	if err != nil && ctx.Err() == nil {
		return false, terminal.Failed("The source cannot be loaded", "go generate ./...", strings.ReplaceAll(err.Error(), b.root+string(filepath.Separator), ""))
	}
	if err == nil && !slices.Equal(b.warnings, result.Warnings) {
		b.warnings = result.Warnings
		for _, p := range result.Warnings {
			b.terminal.Say("  warning: %s", p)
		}
	}
	return len(result.Changed) > 0, err
}

// compile builds the router into the state folder, which keeps the result and
// the binary in use.
func (b *builder) compile(ctx context.Context, k *terminal.Task) (string, error) {
	k.Progress("building")
	binary, err := b.nextBinary()
	if err != nil {
		return "", fmt.Errorf("clear old binaries: %w", err)
	}
	// Without what costs time and nobody misses: the version, for which git may also
	// refuse another user's checkout, and debugging tables, a third of the time.
	out, err := b.goCommand(ctx, "go", "build", "-buildvcs=false", "-ldflags=-w", "-o", binary, "./router")
	if err != nil {
		return "", b.because(ctx, "The build failed", "go build ./router", out, err)
	}
	return binary, nil
}

// nextBinary returns the path of the next binary, and removes those before it
// that are not in use.
func (b *builder) nextBinary() (string, error) {
	if err := os.MkdirAll(b.state.Path("bin"), 0o700); err != nil {
		return "", err
	}
	old, err := filepath.Glob(b.state.Path("bin", "router-*"))
	if err != nil {
		return "", err
	}
	last := 0
	for _, file := range old {
		number, _ := strconv.Atoi(strings.TrimPrefix(filepath.Base(file), "router-"))
		last = max(last, number)
		if file != b.inUse {
			if err := os.Remove(file); err != nil {
				return "", err
			}
		}
	}
	return b.state.Path("bin", "router-"+strconv.Itoa(last+1)), nil
}

// goCommand runs the go command in the root, and returns what it printed.
func (b *builder) goCommand(ctx context.Context, name string, args ...string) (string, error) {
	return b.run(ctx, b.goEnv, name, args...)
}

// run runs a program in the root, and returns what it printed.
func (b *builder) run(ctx context.Context, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), name, args...)
	cmd.Dir, cmd.Env = b.root, env
	return process.Run(ctx, process.Command{Cmd: cmd})
}

// because returns the failure of a command that printed out, or why it was called
// off.
func (b *builder) because(ctx context.Context, title, shown, out string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	out = strings.ReplaceAll(out, b.root+string(filepath.Separator), "")
	if strings.TrimSpace(out) == "" {
		out = err.Error()
	}
	return terminal.Failed(title, shown, out)
}
