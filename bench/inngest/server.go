package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchyard/bench/cpu"
	"switchyard/internal/stack"
)

// Keys of the hosted server. They are no secrets.
const (
	signingKey = "0123456789abcdef0123456789abcdef"
	eventKey   = "the-event-key"
)

// server is an Inngest server and what it keeps its things in.
type server struct {
	*stack.Inngest
	name  string
	dir   string
	stops []func() error
}

// startServer starts the server that name describes: "dev" or "hosted" (with PostgreSQL
// and Redis) or "sqlite" (hosted, with Redis alone), and after a comma each what is to be
// set. A small word is one of the server's own settings ("tick=50"), one in capitals a
// variable ("EXPERIMENTAL_KEY_QUEUES_ENABLE=true").
func startServer(ctx context.Context, name, dir string) (_ *server, err error) {
	s := &server{name: name, dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start %s: %w", name, err), s.close())
		}
	}()
	kind, settings, _ := strings.Cut(name, ",")
	unset, err := s.set(settings)
	if err != nil {
		return nil, err
	}
	defer unset()
	o := stack.Options{Dir: dir}
	switch kind {
	case "dev":
		s.Inngest, err = stack.StartInngest(ctx, o)
	case "hosted", "sqlite":
		s.Inngest, err = s.host(ctx, o, kind == "hosted")
	default:
		err = errors.New("it is neither dev nor hosted nor sqlite")
	}
	if err == nil {
		s.stops = append(s.stops, s.Stop)
	}
	return s, err
}

// host starts a server as one hosts it oneself.
func (s *server) host(ctx context.Context, o stack.Options, postgres bool) (*stack.Inngest, error) {
	h := stack.HostedOptions{Options: o, SigningKey: signingKey, EventKey: eventKey}
	redis, err := stack.StartRedis(ctx, o)
	if err != nil {
		return nil, err
	}
	s.stops = append(s.stops, redis.Stop)
	h.Redis = redis.URL
	if postgres {
		history, err := stack.StartPostgres(ctx, stack.PostgresOptions{Options: o, Durable: true})
		if err != nil {
			return nil, err
		}
		s.stops = append(s.stops, history.Stop)
		h.Postgres = history.URL
	}
	return stack.StartHostedInngest(ctx, h)
}

// set prepares the settings for a server that is started next: those of its own stand in
// a file that it finds in its folder.
func (s *server) set(settings string) (unset func(), err error) {
	unset = func() {}
	var file strings.Builder
	for one := range strings.SplitSeq(settings, ",") {
		name, value, _ := strings.Cut(one, "=")
		switch {
		case name == "":
		case name == strings.ToUpper(name):
			before := unset
			unset = func() { before(); _ = os.Unsetenv(name) }
			err = errors.Join(err, os.Setenv(name, value))
		default:
			fmt.Fprintf(&file, "%s: %s\n", name, value)
		}
	}
	folder := filepath.Join(s.dir, "inngest")
	err = errors.Join(err, os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "inngest.yaml"), []byte(file.String()), 0o600))
	return unset, err
}

// hosted reports whether it wants keys.
func (s *server) hosted() bool { return s.SigningKey != "" }

// cpu returns the processor time that it has taken.
func (s *server) cpu() (time.Duration, error) { return cpu.Recorded(s.dir) }

func (s *server) close() error {
	var errs []error
	for _, stop := range slices.Backward(s.stops) {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}
