// Package stacktest runs one server for all tests of a process, which is what dbtest and
// buckettest have in common; and a pooler for one test.
package stacktest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"switchyard/internal/stack"
)

// startTimeout bounds building and starting the server, which the test that is
// first does for all; its own end must not end them.
const startTimeout = 10 * time.Minute

// Server is a server that starts when it is first needed, in a folder that is
// removed with it.
type Server[T interface{ Stop() error }] struct {
	// Name is that of the package whose Main or Run calls Run, for messages.
	Name string
	// Start starts the server. Its context outlives the test that is first.
	Start func(context.Context, stack.Options) (T, error)

	mu      sync.Mutex
	opened  bool // by Run, which will close it
	started bool // or tried
	server  T
	err     error // of the starting
	running bool
	remove  func() error // nil if there is nothing to remove
}

// Run calls run, which runs the tests, stops the server if it was started, and
// returns what run returned; at least 1 if the server could not be stopped.
func (s *Server[T]) Run(run func() int) int {
	s.open()
	code := run()
	if err := s.close(); err != nil {
		s.say(err.Error())
		return max(code, 1)
	}
	return code
}

// Get returns the server, which it starts on the first call.
func (s *Server[T]) Get(ctx context.Context) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.opened {
		return s.server, fmt.Errorf("the package's TestMain does not call %s.Main or %[1]s.Run", s.Name)
	}
	if !s.started {
		s.started = true
		s.err = s.start(ctx)
	}
	return s.server, s.err
}

// open allows the server to be started.
func (s *Server[T]) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = true
}

func (s *Server[T]) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	dir, remove, err := stack.TempDir()
	if err != nil {
		return err
	}
	s.remove = remove
	s.server, err = s.Start(ctx, stack.Options{Dir: dir, Progress: s.say})
	s.running = err == nil
	return err
}

// close ends the server if it was started, and removes its files.
func (s *Server[T]) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = false
	var errs []error
	if s.running {
		errs = append(errs, s.server.Stop())
	}
	if s.remove != nil {
		errs = append(errs, s.remove())
	}
	return errors.Join(errs...)
}

func (s *Server[T]) say(line string) { _, _ = os.Stderr.WriteString(s.Name + ": " + line + "\n") }
