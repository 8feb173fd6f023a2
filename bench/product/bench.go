package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"switchyard/bench/product/contract"
	"switchyard/bench/product/data"
	"switchyard/bench/product/result"
	"switchyard/internal/stack"
)

// bench is one run.
type bench struct {
	settings
	result.Results

	out      io.Writer
	dir      string
	database *data.Database
	inngest  *inngest
	all      []contestant
	running  []*process // stopped, but for the one that is measured
	cached   []*process // of those that have the cookie cache: with it
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

func run(ctx context.Context, s settings) (err error) {
	dir, remove, err := stack.TempDir()
	if err != nil {
		return err
	}
	b := &bench{settings: s, out: os.Stdout, dir: dir}
	defer func() { err = errors.Join(err, b.close(), remove()) }()
	if err := b.open(ctx); err != nil {
		return err
	}
	if s.serve != "" {
		return b.try(ctx)
	}
	if s.profile != "" {
		return b.profiles(ctx)
	}
	if s.onlyCurves {
		return b.addCurves(ctx)
	}
	return b.everything(ctx)
}

// open builds the contestants and fills the database.
func (b *bench) open(ctx context.Context) error {
	for _, c := range contestants() {
		chosen := len(b.only) == 0 || slices.Contains(b.only, c.Name)
		alone := b.serve != "" || b.profile != "" || b.onlyCurves || b.pgo != ""
		if alone {
			chosen = c.Name == b.serve
		}
		if chosen || c.migrates || !alone && c.Name == result.Reference {
			b.all = append(b.all, c)
		}
	}
	if b.pgo != "" {
		b.all = append(b.all, optimised(b.pgo))
	}
	for i := range b.all {
		b.say("building %s", b.all[i].Name)
		if b.profiling(&b.all[i]) {
			if err := b.overlay(&b.all[i]); err != nil {
				return err
			}
		}
		if err := b.all[i].make(ctx, "product", b.dir); err != nil {
			return err
		}
	}
	var err error
	if b.inngest, err = startInngest(ctx); err != nil {
		return err
	}
	if b.database, err = data.Open(ctx, b.dir); err != nil {
		return err
	}
	b.inngest.of(b.database)
	if err := b.migrate(ctx); err != nil {
		return err
	}
	return b.database.Fill(ctx, data.Usual())
}

// migrate has the product make its tables, which all use.
func (b *bench) migrate(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, b.all[0].command[0], "migrate")
	cmd.Env = environment(b.database.URL, b.inngest.url, "127.0.0.1:1", "off", b.dir)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, said)
	}
	return nil
}

// everything measures and writes all.
func (b *bench) everything(ctx context.Context) error {
	b.Schema, b.When, b.Commit = result.Schema, time.Now().UTC().Truncate(time.Second), commit(ctx)
	b.Results.Settings, b.Noise.LoadBefore = b.settings.Settings, loadAverage()
	var err error
	if b.Machine, err = machine(); err != nil {
		return err
	}
	b.Versions = map[string]string{"Go": strings.TrimPrefix(runtime.Version(), "go"), "PostgreSQL": b.database.Version}
	for i := range b.all {
		if node := b.all[i].node(ctx); node != "" {
			b.Versions["Node.js"] = node
		}
	}
	if err := b.start(ctx); err != nil {
		return err
	}
	all, err := b.works(ctx)
	if err != nil {
		return err
	}
	if err := b.compare(ctx, all); err != nil {
		return err
	}
	for _, p := range b.running {
		p.LoadedMiB = p.memory()
	}
	if !b.Quick && b.pgo == "" {
		if err := b.measureCurves(ctx); err != nil {
			return err
		}
	}
	for i := range b.all {
		b.Contestants = append(b.Contestants, b.all[i].Contestant)
	}
	b.Noise.LoadAfter = loadAverage()
	if b.pgo != "" {
		return b.tell()
	}
	b.Judge()
	if err := b.Write(b.settings.out); err != nil {
		return err
	}
	return b.tell()
}

// start starts all, some times to see how long that takes, and checks that they keep the contract.
func (b *bench) start(ctx context.Context) error {
	want, err := b.database.Contract(ctx)
	if err != nil {
		return err
	}
	for i := range b.all {
		c := &b.all[i]
		p, err := b.begin(ctx, c)
		if err != nil {
			return err
		}
		b.running = append(b.running, p)
		if err := contract.Check(ctx, "http://"+p.addr, want); err != nil {
			return fmt.Errorf("%s does not keep the contract:\n%w", c.Name, err)
		}
		if err := p.logs(ctx); err != nil {
			return err
		}
		p.stop()
		if c.caches {
			if p, err = b.launch(ctx, c, "5m"); err != nil {
				return err
			}
			b.cached = append(b.cached, p)
			p.stop()
		}
		b.say("%s starts in %.0f ms, is %.0f MiB, and keeps the contract", c.Name, c.StartMs, c.IdleMiB)
	}
	return nil
}

// begin starts a contestant some times, and leaves the last one running.
func (b *bench) begin(ctx context.Context, c *contestant) (p *process, err error) {
	var took []float64
	for i := range b.starts {
		if p, err = b.launch(ctx, c, "off"); err != nil {
			return nil, err
		}
		took = append(took, ms(p.took))
		if i < b.starts-1 {
			if err := p.end(); err != nil {
				return nil, err
			}
		}
	}
	c.StartMs = result.Median(took)
	time.Sleep(time.Second) // what is done after the start is over
	c.IdleMiB = p.memory()
	return p, nil
}

// tell prints the ratios, and fails for missed targets.
func (b *bench) tell() error {
	for _, w := range b.Works {
		for _, s := range w.Results {
			b.say("%-7s %-10s %8.0f/s %7.1f µs of CPU; ratio %.2f (%.2f)", w.Name, s.Contestant, s.PerSecond, s.CPUMicros, s.Ratio.PerSecond, s.Ratio.CPU)
		}
	}
	missed := b.Missed()
	for _, g := range missed {
		b.say("missed: %s %s of %s, beside %q: %.2f, target %.2f", g.Work, g.Measure, g.Contestant, g.Against, g.Value, g.Target)
	}
	if len(missed) > 0 {
		return fmt.Errorf("%d of %d targets were missed", len(missed), len(b.Gates))
	}
	return nil
}

// try starts one contestant, for people.
func (b *bench) try(ctx context.Context) error {
	i := slices.IndexFunc(b.all, func(c contestant) bool { return c.Name == b.serve })
	if i < 0 {
		return fmt.Errorf("there is no contestant %q", b.serve)
	}
	p, err := b.launch(ctx, &b.all[i], "off")
	if err != nil {
		return err
	}
	b.running = append(b.running, p)
	want, err := b.database.Contract(ctx)
	if err != nil {
		return err
	}
	b.say("%s listens on http://%s until Ctrl-C; its log is %s.\n", p.Title, p.addr, p.log.Name())
	b.say("curl http://%s/api/ping", p.addr)
	b.say("curl http://%s/api/echo --json '%s'", p.addr, strings.ReplaceAll(contract.Order, "'", `'\''`))
	b.say("curl http://%s/api/items/%s", p.addr, want.Newest[0].ID)
	b.say("curl http://%s/api/mine -b '%s=%s'", p.addr, sessionToken, want.Cookie)
	b.say("curl http://%s/items", p.addr)
	<-ctx.Done()
	return nil
}

func (b *bench) close() error {
	var errs []error
	for _, p := range append(b.running, b.cached...) {
		errs = append(errs, p.end())
	}
	if b.inngest != nil {
		errs = append(errs, b.inngest.close())
	}
	if b.database != nil {
		errs = append(errs, b.database.Close())
	}
	return errors.Join(errs...)
}

// commit returns the repository's, or "".
func commit(ctx context.Context) string {
	said, _ := exec.CommandContext(ctx, "git", "rev-parse", "--short=10", "HEAD").Output()
	return strings.TrimSpace(string(said))
}
