package apart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"switchyard/router/internal/program"
)

// Verb is the verb by which a router starts itself for a group.
const Verb = "apart"

// What a process is given beside its standard files.
const (
	listenerFile = 3 // a listening socket, which outlives the process
	orderFile    = 4 // the end of a pipe: an Order as JSON, then "true" when the parent drains, and the end when it is gone
)

// Order is what a router tells a process that it starts for a group.
type Order struct {
	Group     string
	Functions []string          // names
	Set       map[string]string // variables, in place of those in the environment
	Memory    int64             // bytes beyond those at the start; 0 is no limit
	Files     int               // open files; 0 is as many as the parent
	Release   string            // of jobs, as the parent's
}

// Getenv returns getenv with the variables that the order sets.
func (o *Order) Getenv(getenv func(string) string) func(string) string {
	return func(name string) string {
		if value, ok := o.Set[name]; ok {
			return value
		}
		return getenv(name)
	}
}

// Child is this process, if a router has started it for a group.
type Child struct {
	Order
	Listener net.Listener
	Drains   chan struct{} // closed by Follow, when the parent drains

	parent *json.Decoder
}

// Receive reads the order and the socket that the parent has given to this process. The error is a
// program.UsageError if no router has started this process.
func Receive() (*Child, error) {
	syscall.CloseOnExec(orderFile) // what functions start needs no part of it
	pipe := os.NewFile(orderFile, "order")
	if info, err := pipe.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return nil, program.UsageError("a router starts this verb itself, for functions that run apart: see router serve --help")
	}
	c := &Child{Drains: make(chan struct{}), parent: json.NewDecoder(pipe)}
	if err := c.parent.Decode(&c.Order); err != nil {
		return nil, fmt.Errorf("read what the parent says: %w", err)
	}
	socket := os.NewFile(listenerFile, "listener")
	defer socket.Close()
	var err error
	c.Listener, err = net.FileListener(socket)
	return c, err
}

// orphaned is how long a process goes on whose parent is gone: nobody waits for its answers.
const orphaned = time.Second

// Follow returns a context that ends when the parent ends. Soon after that, this process ends too,
// whatever its functions do.
func (c *Child) Follow(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() { // as long as the process: the parent outlives it, or it ends here
		for drains := false; c.parent.Decode(&drains) == nil; {
			close(c.Drains) // the parent says so once
		}
		cancel(errOrphaned)
		time.Sleep(orphaned)
		os.Exit(1)
	}()
	return ctx, func() { cancel(nil) }
}

var errOrphaned = errors.New("the router that started this process is gone")
