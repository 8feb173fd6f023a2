package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"switchyard/bench/product/result"
)

// profiler is a file that the product is built with to be profiled, and only then.
const profiler = `package main

import (
	"net/http"
	_ "net/http/pprof"
	"os"
)

func init() {
	go http.ListenAndServe(os.Getenv("PPROF"), nil)
}
`

// overlay has the product built with the profiler.
func (b *bench) overlay(c *contestant) error {
	file, list := filepath.Join(b.dir, "profiler.go"), filepath.Join(b.dir, "overlay.json")
	where, err := filepath.Abs(filepath.Join("product", c.dir, "router", "profiler.go"))
	if err != nil {
		return err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {where: file}})
	if err != nil {
		return err
	}
	c.build = [][]string{compile("./router", "-overlay", list)}
	return errors.Join(os.WriteFile(file, []byte(profiler), 0o600), os.WriteFile(list, text, 0o600))
}

// profiled is where the product shows its profile.
const profiled = "127.0.0.1:6066"

// profiles has the product do each work for a while, and writes profiles of each, of its
// processor time and of what it allocates, into the folder s.profile; of the former also one of
// all together.
func (b *bench) profiles(ctx context.Context) error {
	if err := os.MkdirAll(b.profile, 0o755); err != nil {
		return err
	}
	all, err := b.works(ctx)
	if err != nil {
		return err
	}
	args := []string{"tool", "pprof", "-proto", "-output", filepath.Join(b.profile, "all.pprof")}
	for _, w := range all {
		file := filepath.Join(b.profile, w.name+".pprof")
		if err := b.record(ctx, w, file); err != nil {
			return err
		}
		args = append(args, file)
	}
	if said, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("merge the profiles: %w\n%s", err, said)
	}
	return nil
}

// record writes the profiles of one work, and says how much a request allocates.
func (b *bench) record(ctx context.Context, w work, file string) (err error) {
	cache := "off"
	if w.cached {
		cache = "5m"
	}
	p, err := b.launch(ctx, &b.all[0], cache)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.end()) }()
	requests, err := w.requests(ctx, p)
	if err != nil {
		return err
	}
	if _, err := w.do(ctx, p, requests, b.Connections, b.each/4); err != nil { // so that nothing is done for the first time
		return err
	}
	before, err := allocated(ctx)
	if err != nil {
		return err
	}
	fetched := make(chan error, 1)
	go func() { fetched <- fetch(ctx, fmt.Sprintf("profile?seconds=%.0f", max(1, b.each.Seconds()-1)), file) }()
	done, err := w.do(ctx, p, requests, b.Connections, b.each+time.Second)
	if err = errors.Join(err, <-fetched); err != nil {
		return err
	}
	after, err := allocated(ctx)
	if err != nil {
		return err
	}
	n := float64(max(1, done.Requests))
	b.say("%s: %.1f allocations and %.0f bytes a request", w.name, (after.mallocs-before.mallocs)/n, (after.bytes-before.bytes)/n)
	return fetch(ctx, "allocs", strings.TrimSuffix(file, ".pprof")+".allocs.pprof")
}

// memory is what the product has allocated since it began.
type memory struct{ mallocs, bytes float64 }

func allocated(ctx context.Context) (m memory, err error) {
	answer, err := ask(ctx, "allocs?debug=1")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, answer.Close()) }()
	text, err := io.ReadAll(answer)
	_, said, _ := strings.Cut(string(text), "# runtime.MemStats")
	for name, to := range map[string]*float64{"\n# Mallocs = ": &m.mallocs, "\n# TotalAlloc = ": &m.bytes} {
		_, value, _ := strings.Cut(said, name)
		if _, wrong := fmt.Sscan(value, to); wrong != nil {
			return m, fmt.Errorf("read the profile of allocations: %w", wrong)
		}
	}
	return m, err
}

// ask asks the product for a profile.
func ask(ctx context.Context, profile string) (io.ReadCloser, error) {
	address := "http://" + profiled + "/debug/pprof/" + profile
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s answers %s", address, answer.Status), answer.Body.Close())
	}
	return answer.Body, nil
}

// fetch writes a profile into a file.
func fetch(ctx context.Context, profile, file string) error {
	body, err := ask(ctx, profile)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	return errors.Join(err, f.Close())
}

// profiling reports whether c is the one that is profiled.
func (b *bench) profiling(c *contestant) bool { return b.profile != "" && c.Name == result.Product }
