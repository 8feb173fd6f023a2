package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchyard/bench/router"
	"switchyard/internal/stack"
)

// deployment is a database and a router, with somebody signed in.
type deployment struct {
	settings
	remove   func() error
	postgres *stack.Postgres
	router   *exec.Cmd
	log      *os.File // of the router
	address  string
	request  []byte // what the load sends, up to the client's address
}

// open starts all of it.
func open(ctx context.Context, s settings) (*deployment, error) {
	dir, remove, err := stack.TempDir()
	if err != nil {
		return nil, err
	}
	d := &deployment{settings: s, remove: remove}
	if err := d.start(ctx, dir); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *deployment) start(ctx context.Context, dir string) error {
	program := filepath.Join(dir, "router")
	if err := router.Build(ctx, program); err != nil {
		return err
	}
	var err error
	if d.postgres, err = stack.StartPostgres(ctx, stack.PostgresOptions{Options: stack.Options{Dir: dir}}); err != nil {
		return err
	}
	url, err := d.postgres.CreateDatabase(ctx, "bench")
	if err != nil {
		return err
	}
	port, err := stack.FreePort()
	if err != nil {
		return err
	}
	d.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	env := router.Environment(dir, url, d.address)
	if err := router.Migrate(ctx, program, env); err != nil {
		return err
	}
	if d.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return err
	}
	d.router = exec.CommandContext(context.WithoutCancel(ctx), "taskset", "-c", d.settings.router, program, "serve")
	d.router.Env, d.router.Stdout, d.router.Stderr = env, d.log, d.log
	if err := d.router.Start(); err != nil {
		return err
	}
	return d.signUp(ctx)
}

// signUp makes an account, as soon as the router is there, and has the load sent for it.
func (d *deployment) signUp(ctx context.Context) error {
	account, _ := json.Marshal(map[string]string{"name": "ada", "email": "ada@example.com", "password": "correct horse battery"})
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+d.address+"/api/auth/sign-up/email", bytes.NewReader(account))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", "http://"+d.address)
		res, err := http.DefaultClient.Do(req)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			time.Sleep(50 * time.Millisecond)
			continue
		case res.StatusCode != http.StatusOK:
			text, _ := io.ReadAll(res.Body)
			return errors.Join(fmt.Errorf("sign up: %s %s", res.Status, text), res.Body.Close())
		}
		var cookies []string
		for _, c := range res.Cookies() {
			cookies = append(cookies, c.Name+"="+c.Value)
		}
		d.request = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nX-Forwarded-For: ", d.path, d.address, strings.Join(cookies, "; "))
		return res.Body.Close()
	}
}

// memory returns the router's resident memory now, in bytes.
func (d *deployment) memory() int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.router.Process.Pid))
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kb int
	_, _ = fmt.Sscan(rest, &kb)
	return kb << 10
}

// logged returns how much the router has logged so far, in bytes.
func (d *deployment) logged() int64 {
	info, err := d.log.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

func (d *deployment) close() error {
	var errs []error
	if d.router != nil && d.router.Process != nil {
		_ = d.router.Process.Signal(syscall.SIGTERM)
		errs = append(errs, d.router.Wait())
	}
	if d.log != nil {
		errs = append(errs, d.log.Close())
	}
	if d.postgres != nil {
		errs = append(errs, d.postgres.Stop())
	}
	return errors.Join(append(errs, d.remove())...)
}
