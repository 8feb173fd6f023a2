package isolation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"switchyard/internal/stack"
	"switchyard/internal/stack/process"
)

const (
	starting = time.Minute      // how long a router may take to be ready
	draining = 10 * time.Second // what the router is told
	stopping = 15 * time.Second // how long it may take to end
)

// router is a running router.
type router struct {
	*process.Process

	base string // http://127.0.0.1:1234
	log  *watcher
}

// one runs one neighbour in one mode.
func (o Options) one(ctx context.Context, n Neighbour, mode Mode) (Result, error) {
	r, err := o.start(ctx, n, mode)
	if err != nil {
		return Result{}, err
	}
	result, err := o.measure(ctx, r, n)
	if err != nil {
		return Result{}, errors.Join(fmt.Errorf("%w\n%s", err, r.Tail()), r.Stop())
	}
	result.Neighbour, result.Does, result.Mode, result.Function = n.Name, n.Does, mode, n.Function
	result.MayHurt = n.Ends && mode == InProcess
	result.stopped(r)
	result.Log, result.Evidence = r.log.outcome()
	return result, nil
}

// measure asks the others before, while and after the neighbour is called.
func (o Options) measure(ctx context.Context, r *router, n Neighbour) (Result, error) {
	others, err := newLoad(ctx, r.base, o.Paths, o.Rate)
	if err != nil {
		return Result{}, err
	}
	defer others.client.CloseIdleConnections()
	others.run(ctx, o.Quiet/4) // connections, caches
	quiet := others.run(ctx, o.Quiet)
	metrics, err := newScraper(ctx, r.base, n.Function)
	if err != nil {
		return Result{}, err
	}
	r.log.watch(n.Function)
	calling, end := context.WithCancel(ctx)
	defer end()
	var wg sync.WaitGroup
	wg.Go(func() { n.run(calling, r.base) })
	wg.Go(func() { metrics.run(calling) })
	bad := others.run(ctx, o.Bad)
	end()
	after := others.run(ctx, o.After)
	wg.Wait()
	if quiet.errors > 0 {
		return Result{}, fmt.Errorf("the others had %d errors before there was any trouble: %s (fewer requests: --rate)", quiet.errors, quiet.first)
	}
	result := newResult(quiet, bad, after)
	result.Metrics = metrics.names()
	return result, ctx.Err()
}

// start starts a router for a neighbour, and returns when it is ready.
func (o Options) start(ctx context.Context, n Neighbour, mode Mode) (*router, error) {
	port, err := stack.FreePort()
	if err != nil {
		return nil, err
	}
	r := &router{base: "http://127.0.0.1:" + strconv.Itoa(port), log: &watcher{next: o.Log}}
	cmd := command(ctx, o.Program, n.space(mode))
	cmd.Env = slices.Concat(o.Env, n.env(mode), []string{
		"HOST=127.0.0.1", "PORT=" + strconv.Itoa(port), "METRICS_TOKEN=" + token, "LOG_FORMAT=json", "LOG_LEVEL=info",
		"INNGEST_SERVE_UNTRIED=on", "TRUSTED_PROXIES=1", "DRAIN_TIMEOUT=" + draining.String(),
	})
	r.Process, err = process.Start(process.Command{Label: "the router", Cmd: cmd, Grace: stopping, Log: r.log})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, starting)
	defer cancel()
	if err := r.Until(ctx, r.ready); err != nil {
		return nil, errors.Join(fmt.Errorf("the router: %w\n%s", err, r.Tail()), r.Stop())
	}
	return r, nil
}

// command returns what serves with program, in so many MiB of address space if that is not 0.
func command(ctx context.Context, program string, space int) *exec.Cmd {
	ctx = context.WithoutCancel(ctx)
	if space == 0 {
		return exec.CommandContext(ctx, program, "serve")
	}
	limited := fmt.Sprintf(`ulimit -v %d && exec "$0" "$@"`, space<<10)
	return exec.CommandContext(ctx, "sh", "-c", limited, program, "serve")
}

// env returns the variables by which the router runs n in the mode.
func (n Neighbour) env(mode Mode) []string {
	var env []string
	if mode == Apart {
		env = append(env, "SWITCHYARD_APART="+n.Function)
	}
	if limit := max(n.Memory, n.Space); mode == Apart && limit > 0 {
		env = append(env, fmt.Sprintf("SWITCHYARD_APART_MEMORY=%dMiB", limit))
	}
	if n.Memory > 0 {
		env = append(env, fmt.Sprintf("MEMORY_LIMIT=%dMiB", n.Memory))
	}
	return env
}

// space returns the address space of the router, in MiB. What runs apart has a limit of its
// own.
func (n Neighbour) space(mode Mode) int {
	if mode == Apart {
		return 0
	}
	return n.Space
}

// ready returns nil once the router is ready.
func (r *router) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(strings.ToLower(response.Status))
	}
	return nil
}
