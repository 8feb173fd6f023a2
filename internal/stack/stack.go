// Package stack runs the servers Switchyard needs as child processes, for
// development and tests: PostgreSQL, an S3 server and Inngest. They are the real
// ones; what is not installed is downloaded or built once, into the user's cache.
//
// A server keeps its state in Options.Dir, listens on 127.0.0.1 alone and is
// stopped by its Stop. Several servers may share a Dir, and one of each kind runs
// in it at a time. When their owner is killed, Linux stops the servers with it;
// on other systems the next start in the same Dir, or [process.Clean], does. A start
// fails with [process.ErrInUse] while a living process runs the server.
//
// The ctx given to a Start function bounds the starting. The server lives on
// until it is stopped.
package stack

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// startTimeout is how long a server may take to start.
const startTimeout = time.Minute

// Options is what all servers have in common.
type Options struct {
	// Dir is where the server keeps its state. It is made if it is not there.
	Dir string
	// Port is what the server listens on. Defaults to a free one.
	Port int
	// Log receives what the server prints. Defaults to nowhere.
	Log io.Writer
	// Progress is told, in a few words, about what takes long. It is called by
	// one goroutine at a time. Defaults to nobody.
	Progress func(string)
}

// prepare makes Dir, and makes it absolute.
func (o *Options) prepare() error {
	if o.Dir == "" {
		return errors.New("stack: Options.Dir is not set")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	o.Dir = dir
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return os.MkdirAll(dir, 0o755) //nolint:gosec // PostgreSQL may run as another user, who must get through; what is secret is 0600
}

// Free ports are looked for in this range. It is below the one from which systems
// serve who connects and who asks for any port (Linux 32768, macOS 49152 and up):
// one of those may be somebody else's a moment later, or between two starts of a
// server that comes back where it was.
const (
	firstPort = 20000
	ports     = 10000
)

// FreePort returns a TCP port of 127.0.0.1 that nobody listened on a moment ago.
func FreePort() (int, error) {
	found, err := freePorts(1)
	if err != nil {
		return 0, err
	}
	return found[0], nil
}

// freePorts returns n such ports, all different.
func freePorts(n int) ([]int, error) {
	var found []int
	for tries := 0; len(found) < n; tries++ {
		port := firstPort + rand.IntN(ports)                          //nolint:gosec // it need not be hard to guess
		l, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port)) //nolint:noctx // binding a local port does not block
		if err != nil && tries < 100 {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = l.Close() }() // not before all are found, lest one is found twice
		found = append(found, port)
	}
	return found, nil
}

// portAttempts is how often a server is started on a port that was free and then
// was not: other test processes look for ports at the same moment.
const portAttempts = 4

// errPortTaken is worded as the system words it, which is how PostgreSQL and the
// S3 server report it.
var errPortTaken = errors.New("address already in use")

// withPort calls start with o.Port, or with free ports until one works.
func withPort(o Options, start func(port int) error) error {
	if o.Port != 0 {
		return start(o.Port)
	}
	for attempt := 1; ; attempt++ {
		port, err := FreePort()
		if err != nil {
			return err
		}
		err = start(port)
		if err == nil || attempt == portAttempts || !portTaken(err) {
			return err
		}
	}
}

func portTaken(err error) bool {
	return strings.Contains(strings.ToLower(err.Error()), errPortTaken.Error())
}
