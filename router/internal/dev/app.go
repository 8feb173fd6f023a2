package dev

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"

	"switchyard/internal/stack"
	"switchyard/internal/stack/process"
	"switchyard/router/internal/dev/proxy"
	"switchyard/router/internal/dev/servers"
	"switchyard/router/internal/dev/terminal"
)

// How long the app may take.
const (
	appStart = 30 * time.Second // until it is ready
	appDrain = 5 * time.Second  // to finish what runs, when it is replaced or stopped
	appGrace = 2 * time.Second  // beyond appDrain, until it is killed
	appIdle  = 2 * time.Second  // for requests to end before it is told to stop
)

// app is one running copy of the router.
type app struct {
	binary  string
	backend *proxy.Backend
	process *process.Process
	output  *output
}

// output passes on what the app prints, until it is to be quiet.
type output struct {
	next  io.Writer
	quiet atomic.Bool
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	if o.quiet.Load() {
		return len(b), nil
	}
	return o.next.Write(b)
}

// startApp starts binary on a free port and returns when it is ready for
// requests. It is recorded in the folder state, and its output goes to out.
func startApp(ctx context.Context, root, binary string, env []string, state string, out io.Writer) (*app, error) {
	const shown = "router serve"
	port, err := stack.FreePort()
	if err != nil {
		return nil, err
	}
	a := &app{binary: binary, backend: proxy.NewBackend(port), output: &output{next: out}}
	claim, err := process.Take(state, "app-"+strconv.Itoa(port)) // several may be ending
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), binary, "serve")
	cmd.Dir = root
	cmd.Env = append(without(env, "HOST", "PORT"), "HOST=127.0.0.1", "PORT="+strconv.Itoa(port))
	a.process, err = process.Start(process.Command{
		Label: "the app", Cmd: cmd, Grace: appDrain + appGrace, Claim: claim, Log: a.output,
	})
	if err != nil {
		return nil, terminal.Failed("The app did not start", shown, err.Error())
	}
	if err := a.untilReady(ctx, "http://127.0.0.1:"+strconv.Itoa(port)+"/readyz"); err != nil {
		_ = a.process.Stop()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f := terminal.Failed("The app did not become ready", shown, a.process.Tail()+"\n"+err.Error())
		f.Shown = true // as it came, and the reason here
		f.Title += ": " + terminal.FirstLine(err.Error())
		return nil, f
	}
	return a, nil
}

// untilReady returns nil once url answers 200.
func (a *app) untilReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, appStart)
	defer cancel()
	return a.process.Until(ctx, func(ctx context.Context) error { return get(ctx, url) })
}

// get returns nil if url answers 200.
func get(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := servers.Client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return errors.New(response.Status + " " + string(body))
	}
	return nil
}

// Retire stops the app when the requests that were under way have ended. It gets
// no new ones, so what it then says of itself is not shown.
func (a *app) Retire(ctx context.Context) {
	if a.backend.Idle(ctx, appIdle) {
		a.output.quiet.Store(true)
	}
	_ = a.process.Stop() // one that had to be killed is as good as stopped
}
