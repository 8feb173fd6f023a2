package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/bench/cpu"
	"switchyard/internal/stack"
)

// serve measures the project's router, with a database.
func (p project) serve(ctx context.Context, f *figures, s sizes) (err error) {
	dir, remove, err := stack.TempDir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	postgres, err := stack.StartPostgres(ctx, stack.PostgresOptions{Options: stack.Options{Dir: dir}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, postgres.Stop()) }()
	url, err := postgres.CreateDatabase(ctx, "many")
	if err != nil {
		return err
	}
	port, err := stack.FreePort()
	if err != nil {
		return err
	}
	env := append(os.Environ(), "HOST=127.0.0.1", "PORT="+strconv.Itoa(port), "DATABASE_URL="+url, "LOG_FORMAT=json", "LOG_LEVEL=info") //nolint:forbidigo // the process gets this one's
	migrate := exec.CommandContext(ctx, p.binary, "migrate")
	migrate.Dir, migrate.Env = p.dir, env
	if out, err := migrate.CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, bytes.TrimSpace(out))
	}
	var ready, spent, idle, ping []float64
	for range s.starts {
		r, err := p.start(ctx, env, port)
		if err != nil {
			return err
		}
		ready, spent = append(ready, r.ready), append(spent, r.spent)
		err = r.idle(&idle)
		if err == nil && len(ready) == s.starts {
			err = r.calls(ctx, &ping, s)
		}
		if err := errors.Join(err, r.stop()); err != nil {
			return err
		}
	}
	f.Ready, f.StartCPU, f.Idle, f.Ping = median(ready), median(spent), median(idle), median(ping)
	return nil
}

// server is a router that runs.
type server struct {
	cmd          *exec.Cmd
	url          string
	ready, spent float64 // until it is ready: the time, and that of processors
}

// start starts the router, and waits until it is ready.
func (p project) start(ctx context.Context, env []string, port int) (*server, error) {
	r := &server{url: "http://127.0.0.1:" + strconv.Itoa(port), cmd: exec.CommandContext(ctx, p.binary, "serve")}
	r.cmd.Dir, r.cmd.Env = p.dir, env
	var err error
	r.ready, err = took(func() error {
		if err := r.cmd.Start(); err != nil {
			return err
		}
		for range 10_000 {
			if call(ctx, r.url+"/readyz") == nil {
				return nil
			}
			time.Sleep(time.Millisecond)
		}
		return errors.New("the router is not ready after 10 s")
	})
	if err != nil {
		return nil, errors.Join(err, r.stop())
	}
	spent, err := cpu.Of(r.cmd.Process.Pid)
	r.spent = float64(spent.Milliseconds())
	return r, err
}

// idle adds how much memory the router has resident, in MiB, once it has had nothing to do.
func (r *server) idle(to *[]float64) error {
	time.Sleep(time.Second)
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return fmt.Errorf("read VmRSS: %w", err)
	}
	*to = append(*to, kib/1024) //nolint:mnd // MiB
	return nil
}

// calls adds what a call of the ping takes of processors, in microseconds, for each round.
func (r *server) calls(ctx context.Context, to *[]float64, s sizes) error {
	for range s.rounds {
		before, err := cpu.Of(r.cmd.Process.Pid)
		if err != nil {
			return err
		}
		for range s.calls {
			if err := call(ctx, r.url+"/api/ping"); err != nil {
				return err
			}
		}
		after, err := cpu.Of(r.cmd.Process.Pid)
		if err != nil {
			return err
		}
		*to = append(*to, float64((after-before).Microseconds())/float64(s.calls))
	}
	return nil
}

// stop kills the router.
func (r *server) stop() error {
	if r.cmd.Process == nil {
		return nil
	}
	err := r.cmd.Process.Kill()
	_ = r.cmd.Wait() // says that it was killed
	return err
}

// call makes a request, which has to be answered with 200.
func call(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	return nil
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
