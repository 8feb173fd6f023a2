package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"time"

	"switchyard/shared/stack"
)

// How long the app may take.
const (
	appStart = 30 * time.Second // until it is ready
	appDrain = 5 * time.Second  // to finish what runs, when it is replaced or stopped
	appGrace = 2 * time.Second  // beyond appDrain, until it is killed
	appIdle  = 2 * time.Second  // for requests to end before it is told to stop
)

// tailSize is how much of the app's output a failure shows, in bytes.
const tailSize = 16 << 10

// app is one running copy of the router.
type app struct {
	binary  string
	backend *backend
	process *process
	output  *tail
}

// startApp starts binary on a free port and returns when it is ready for
// requests. Its output goes to out.
func startApp(ctx context.Context, root, binary string, env []string, records string, out io.Writer) (*app, error) {
	const shown = "router serve"
	port, err := stack.FreePort()
	if err != nil {
		return nil, err
	}
	a := &app{binary: binary, backend: newBackend(port), output: &tail{next: out, limit: tailSize}}
	cmd := exec.Command(binary, "serve") //nolint:noctx // it lives until Stop
	cmd.Dir = root
	cmd.Env = append(without(env, "HOST", "PORT"), "HOST=127.0.0.1", "PORT="+strconv.Itoa(port))
	cmd.Stdout, cmd.Stderr = a.output, a.output
	if a.process, err = startProcess(context.WithoutCancel(ctx), cmd, records); err != nil {
		return nil, failed("The app did not start", shown, err.Error())
	}
	if err := a.untilReady(ctx, "http://127.0.0.1:"+strconv.Itoa(port)+"/readyz"); err != nil {
		a.process.Stop(time.Second)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f := failed("The app did not become ready", shown, a.output.String()+"\n"+err.Error())
		f.Shown = true // as it came, and the reason here
		f.Title += ": " + firstLine(err.Error())
		return nil, f
	}
	return a, nil
}

// untilReady returns nil once url answers 200.
func (a *app) untilReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, appStart)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := get(ctx, url)
		if err == nil {
			return nil
		}
		select {
		case <-a.process.done:
			return fmt.Errorf("it ended by itself (%w)", a.process.err)
		case <-ctx.Done():
			return fmt.Errorf("it was not ready after %s: %w", appStart, err)
		case <-tick.C:
		}
	}
}

// get returns nil if url answers 200.
func get(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := local.Do(r)
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
		a.output.Mute()
	}
	a.process.Stop(appDrain + appGrace)
}
