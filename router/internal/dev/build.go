package dev

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"switchyard/router/internal/generate"
	"switchyard/shared/stack/process"
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
	// catalog brings the catalog up to date, and reports whether it was not.
	catalog func(ctx context.Context, root string) (changed bool, err error)
}

// newBuilder returns a builder without an environment.
func newBuilder(c Config, s *state, t *terminal) *builder {
	return &builder{root: c.Root, state: s, terminal: t, goEnv: c.Env, catalog: generate.Write}
}

// firstBuild returns the binary of the source as it is: this executable if it
// was built from just that.
func (b *builder) firstBuild(ctx context.Context, k *task) (string, error) {
	stale, err := b.staleTemplates()
	if err != nil {
		return "", err
	}
	if err := b.templates(ctx, k, stale); err != nil {
		return "", err
	}
	k.Progress("reading functions")
	changed, err := b.writeCatalog(ctx)
	if err != nil {
		return "", err
	}
	if b.self != "" && !changed && len(stale) == 0 {
		return b.self, nil
	}
	return b.compile(ctx, k)
}

// build returns the binary of the source after c changed.
func (b *builder) build(ctx context.Context, k *task, c changes) (string, error) {
	if err := b.templates(ctx, k, c.templFolders()); err != nil {
		return "", err
	}
	if !c.below("functions", "shared") {
		return b.compile(ctx, k)
	}
	// Most changes leave the catalog as it is: compile while it is being checked.
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
	changed, err := b.writeCatalog(ctx)
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

func (b *builder) writeCatalog(ctx context.Context) (changed bool, err error) {
	changed, err = b.catalog(ctx, b.root)
	if err != nil && ctx.Err() == nil {
		return false, failed("The functions cannot be loaded", "go generate ./router/...", strings.ReplaceAll(err.Error(), b.root+string(filepath.Separator), ""))
	}
	return changed, err
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
	out, err := b.run(ctx, b.goEnv, "go", "build", "-buildvcs=false", "-ldflags=-w", "-o", binary, "./router")
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

// templates runs the generators in folders, whose templates changed.
func (b *builder) templates(ctx context.Context, k *task, folders []string) error {
	for _, folder := range folders {
		k.Progress("generating " + folder)
		if _, err := os.Stat(filepath.Join(b.root, folder)); errors.Is(err, fs.ErrNotExist) {
			continue // removed
		}
		out, err := b.run(ctx, b.goEnv, "go", "generate", "./"+folder)
		if err != nil {
			return b.because(ctx, "A template is wrong", "go generate ./"+folder, out, err)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	sums, err := b.templateSums()
	if err != nil {
		return err
	}
	return b.state.write("templates.json", sums)
}

// staleTemplates returns the folders whose templates are not what they were when
// the last run ended. Without a last run the committed output counts as good.
func (b *builder) staleTemplates() ([]string, error) {
	var then map[string]string
	text, err := os.ReadFile(b.state.path("templates.json"))
	if err != nil || json.Unmarshal(text, &then) != nil {
		return nil, nil //nolint:nilerr // there is nothing to compare with
	}
	now, err := b.templateSums()
	if err != nil {
		return nil, err
	}
	var stale changes
	for name, sum := range now {
		if then[name] != sum {
			stale = append(stale, name)
		}
	}
	return stale.templFolders(), nil
}

// templateSums returns the SHA-256 of each template.
func (b *builder) templateSums() (map[string]string, error) {
	sums := map[string]string{}
	for _, top := range []string{"functions", "shared"} {
		err := filepath.WalkDir(filepath.Join(b.root, top), func(full string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(full) != ".templ" {
				return nil //nolint:nilerr // gone in the meantime
			}
			content, err := os.ReadFile(full)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(b.root, full)
			sum := sha256.Sum256(content)
			sums[filepath.ToSlash(rel)] = hex.EncodeToString(sum[:])
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read the templates: %w", err)
		}
	}
	return sums, nil
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
