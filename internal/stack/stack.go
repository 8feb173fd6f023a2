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
	"io"
	"os"
	"path/filepath"
	"time"
)

// startTimeout is how long a server may take to start.
const startTimeout = 3 * time.Minute

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
