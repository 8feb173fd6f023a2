package parity

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchyard/internal/stack"
	"switchyard/internal/stack/process"
	"switchyard/router/internal/emulate"
)

// HostSide is what [Options.Env] calls the long-running host.
const HostSide = "host"

// startTimeout is how long a program may take to be ready.
const startTimeout = time.Minute

// target is where requests are sent.
type target struct {
	address string
	bare    bool // there is no front door before it
	stop    func()
}

// startHost runs the program as the long-running host.
func startHost(ctx context.Context, o Options) (*target, error) {
	env, err := o.Env(ctx, HostSide)
	if err != nil {
		return nil, err
	}
	port, err := stack.FreePort()
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	cmd := exec.Command(o.Bootstrap) //nolint:noctx // process.Start wants it so
	cmd.Env = append(append([]string{}, env...), "HOST=127.0.0.1", "PORT="+strconv.Itoa(port))
	p, err := process.Start(process.Command{Label: HostSide, Cmd: cmd, Log: o.Log})
	if errors.Is(err, syscall.ENOEXEC) {
		return nil, fmt.Errorf("%w: the program is for another processor; package it with --arch %s", err, runtime.GOARCH)
	}
	if err != nil {
		return nil, err
	}
	stop := func() { _ = p.Stop() } // what it had to say it has said
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := p.Until(ctx, func(ctx context.Context) error { return alive(ctx, address) }); err != nil {
		stop()
		return nil, fmt.Errorf("start the host: %w\n%s", err, p.Tail())
	}
	return &target{address: address, bare: true, stop: stop}, nil
}

// alive fails unless the host at address answers.
func alive(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/livez", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// startLambda runs the program as a Lambda behind a front door.
func startLambda(ctx context.Context, o Options, k emulate.Kind) (*target, error) {
	env, err := o.Env(ctx, k.String())
	if err != nil {
		return nil, err
	}
	if k.Streams() {
		env = append(append([]string{}, env...), "LAMBDA_RESPONSE_STREAM=on")
	}
	l, err := emulate.Start(ctx, emulate.Options{
		Bootstrap: o.Bootstrap, Env: env, Name: "parity-" + strings.ReplaceAll(k.String(), "/", "-"), Environments: 1, MaxConcurrency: o.AtOnce, Freeze: true, Log: o.Log,
	})
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		_ = l.Stop()
		return nil, err
	}
	server := &http.Server{Handler: l.Front(k), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // until it is closed
	return &target{address: listener.Addr().String(), stop: func() {
		_ = server.Close()
		_ = l.Stop()
	}}, nil
}
