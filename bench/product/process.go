package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchyard/bench/cpu"
	"switchyard/bench/product/data"
	"switchyard/bench/product/load"
	"switchyard/internal/stack"
)

// process is a contestant that runs, on the processor of the servers. All but the one
// that is measured are stopped, as by kill -STOP, so that they take nothing from it.
type process struct {
	*contestant

	addr string
	log  *os.File
	cmd  *exec.Cmd
	took time.Duration // from the start to the first answer
}

// environment returns the variables of a contestant.
func environment(database, inngest, addr, cache, dir string) []string {
	host, port, _ := net.SplitHostPort(addr)
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, //nolint:forbidigo // programs need them
		"HOST=" + host, "PORT=" + port, "NODE_ENV=production", "LOG_FORMAT=json", "LOG_LEVEL=info",
		"DATABASE_URL=" + database, "DATABASE_MAX_CONNS=10",
		"BETTER_AUTH_SECRET=" + data.Secret, "BETTER_AUTH_URL=http://" + addr, "AUTH_COOKIE_CACHE=" + cache, "AUTH_RATE_LIMIT=off",
		"BUCKET=none", "ACCESS_KEY_ID=none", "SECRET_ACCESS_KEY=none", "ENDPOINT=http://127.0.0.1:1", "REGION=none",
		"INNGEST_DEV=" + inngest, "PPROF=" + profiled, "MAIL_SINK=file", "MAIL_FILE=" + filepath.Join(dir, "mail.jsonl"),
	}
}

// launch starts a contestant; cache is "off", or how long cookies are good.
func (b *bench) launch(ctx context.Context, c *contestant, cache string) (*process, error) {
	port, err := stack.FreePort()
	if err != nil {
		return nil, err
	}
	p := &process{contestant: c, addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	if p.log, err = os.OpenFile(filepath.Join(b.dir, c.Name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644); err != nil {
		return nil, err
	}
	args := append([]string{"-c", b.server}, c.command...)
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), "taskset", args...)
	p.cmd.Dir, p.cmd.Env = c.dir, environment(b.database.URL, b.inngest.url, p.addr, cache, b.dir)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	if err := p.ready(ctx); err != nil {
		return nil, errors.Join(err, p.end())
	}
	p.took = time.Since(began)
	return p, nil
}

// ready waits for the first answer.
func (p *process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request := [][]byte{load.Request(http.MethodGet, "/livez", "")}
	for {
		_, err := load.Run(ctx, p.addr, request, 1, time.Millisecond)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			said, _ := os.ReadFile(p.log.Name())
			return fmt.Errorf("%s does not answer: %w\n%s", p.Name, err, said[max(0, len(said)-2000):])
		}
		time.Sleep(200 * time.Microsecond)
	}
}

func (p *process) stop()        { _ = p.cmd.Process.Signal(syscall.SIGSTOP) }
func (p *process) resume()      { _ = p.cmd.Process.Signal(syscall.SIGCONT) }
func (p *process) quiet() error { return p.log.Truncate(0) }

// lines counts those of the log.
func (p *process) lines() int {
	text, _ := os.ReadFile(p.log.Name())
	return bytes.Count(text, []byte("\n"))
}

// end ends the process, which has to have the status 0.
func (p *process) end() error {
	p.resume()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(30*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	err := p.cmd.Wait()
	if err != nil {
		err = fmt.Errorf("%s ended: %w", p.Name, err)
	}
	return errors.Join(err, p.log.Close())
}

// memory returns what is resident, in MiB.
func (p *process) memory() float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kb int
	_, _ = fmt.Sscan(rest, &kb)
	return float64(kb) / 1024
}

func (p *process) cpu() time.Duration {
	used, _ := cpu.Of(p.cmd.Process.Pid)
	return used
}
