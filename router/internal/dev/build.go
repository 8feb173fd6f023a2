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
	"switchyard/router/internal/generate"
)

// builder turns the source into a migrated database and a running app.
type builder struct {
	root     string
	self     string // this executable, if it was just built from the source; else ""
	inUse    string // the last binary that went live; "" if none has
	state    *state
	terminal *terminal
	goEnv    []string // for the go command
	// environment returns the app's environment, once it is known.
	environment func(ctx context.Context) ([]string, error)
	// generate brings what is generated up to date: package generate's Run.
	generate func(ctx context.Context, run generate.Runner, check bool) (generate.Result, error)
	told     []generate.Problem // the warnings that were shown last
}

// newBuilder returns a builder without an environment.
func newBuilder(c Config, s *state, t *terminal) *builder {
	return &builder{root: c.Root, state: s, terminal: t, goEnv: c.Env, generate: generate.Run}
}

// firstBuild returns the binary of the source as it is: this executable if it
// was built from just that.
func (b *builder) firstBuild(ctx context.Context, k *task) (string, error) {
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
func (b *builder) build(ctx context.Context, k *task, c changes) (string, error) {
	switch {
	case c.templates(): // there is nothing to compile before
		if _, err := b.update(ctx); err != nil {
			return "", err
		}
		return b.compile(ctx, k)
	case !c.below("functions", "shared"):
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
		return false, failed("The source cannot be loaded", "go generate ./router/...", strings.ReplaceAll(err.Error(), b.root+string(filepath.Separator), ""))
	}
	if err == nil && !slices.Equal(b.told, result.Warnings) {
		b.told = result.Warnings
		for _, p := range result.Warnings {
			b.terminal.Say("  warning: %s", p)
		}
	}
	return len(result.Changed) > 0, err
}

// compile builds the router into the state folder, which keeps the result and
// the binary in use.
func (b *builder) compile(ctx context.Context, k *task) (string, error) {
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
	if err := os.MkdirAll(b.state.path("bin"), 0o700); err != nil {
		return "", err
	}
	old, err := filepath.Glob(b.state.path("bin", "router-*"))
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
	return b.state.path("bin", "router-"+strconv.Itoa(last+1)), nil
}

// migrate brings the database in step with binary's schema.
func (b *builder) migrate(ctx context.Context, k *task, binary string, env []string) error {
	k.Progress("migrating the database")
	// The bucket may not be up yet, and was set up by us: migrate need not care.
	env = without(env, "BUCKET", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "ENDPOINT", "REGION")
	out, err := b.run(ctx, env, binary, "migrate")
	if err != nil {
		return b.because(ctx, "The database could not be migrated", "router migrate", out, err)
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, " applied in ") {
			b.terminal.Say("  %s", strings.TrimSpace(line))
		}
	}
	return nil
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
	return failed(title, shown, out)
}
