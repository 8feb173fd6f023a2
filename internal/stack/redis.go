package stack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"switchyard/internal/stack/process"
)

// Redis is a running Redis server. It keeps its data in Dir/redis, and has written
// what it has acknowledged, so that killing the server loses nothing.
type Redis struct {
	URL string // redis://127.0.0.1:<port>

	process *process.Process
}

// StartRedis starts the redis-server on the PATH and returns when it answers.
func StartRedis(ctx context.Context, o Options) (*Redis, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("Redis is not installed: there is no redis-server on the PATH (Debian: apt-get install redis-server)")
	}
	var r *Redis
	err = withPort(o, func(port int) error {
		r, err = startRedis(ctx, o, program, port)
		return err
	})
	return r, err
}

func startRedis(ctx context.Context, o Options, program string, port int) (*Redis, error) {
	dir := filepath.Join(o.Dir, "redis")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	claim, err := process.Take(o.Dir, "redis")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, //nolint:gosec // the program is the one of this machine
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--appendonly", "yes", "--save", "")
	cmd.Dir = dir
	r := &Redis{URL: "redis://127.0.0.1:" + strconv.Itoa(port)}
	r.process, err = start(ctx, process.Command{
		Label: "Redis", Cmd: cmd, Claim: claim, Log: o.Log,
	}, func(ctx context.Context, _ *process.Process) error { return ping(ctx, "127.0.0.1:"+strconv.Itoa(port)) })
	if err != nil {
		return nil, err
	}
	return r, nil
}

// ping returns nil if the Redis server at address has read its data and answers.
func ping(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp4", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if answer != "+PONG\r\n" {
		return fmt.Errorf("a PING is answered %q", answer)
	}
	return nil
}

// Done is closed when the server has ended, by Stop or by itself.
func (r *Redis) Done() <-chan struct{} { return r.process.Done() }

// Signal sends s to the server; see [process.Process.Signal].
func (r *Redis) Signal(s syscall.Signal) { r.process.Signal(s) }

// Stop ends the server. It may be called more than once; it fails if the server
// had to be killed.
func (r *Redis) Stop() error { return r.process.Stop() }
