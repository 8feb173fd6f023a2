// Package servers runs those of PostgreSQL, S3 and Inngest that the app in development needs.
package servers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"switchyard/internal/stack"
	"switchyard/router/internal/dev/state"
	"switchyard/router/internal/dev/terminal"
)

// The servers of the stack.
const (
	Postgres = "postgres"
	S3       = "s3"
	Inngest  = "inngest"
)

// title returns what people call a server.
func title(name string) string {
	switch name {
	case Postgres:
		return "PostgreSQL"
	case S3:
		return "S3"
	}
	return "Inngest"
}

// Needed returns the servers that a program needs which reads these variables.
func Needed(variables []string) []string {
	var needed []string
	for _, s := range []struct{ name, variable string }{
		{Postgres, "DATABASE_URL"}, {S3, "BUCKET"}, {Inngest, "INNGEST_EVENT_KEY"},
	} {
		if slices.Contains(variables, s.variable) {
			needed = append(needed, s.name)
		}
	}
	return needed
}

// EventKey is the key that events are sent with; the development server takes any.
const EventKey = "development"

// Stack runs the servers that the app needs. Make one with [New].
type Stack struct {
	terminal *terminal.Terminal
	folder   *state.Folder
	name     string // of the database and the bucket
	app      string // the app's URL
	fatal    func(error)
	keys     stack.S3Keys
	building chan struct{} // holds a value while a server is built: two builds at once would only take longer

	mu      sync.Mutex
	keepers []*keeper // in the order in which they were started
	stopped bool

	once        sync.Once
	databaseURL string // to be read when PostgreSQL is up
	knewJobs    bool   // Inngest has been up before
}

// New returns a stack for the app of a project at a URL. No server is started yet. fatal gets
// the error of one that cannot be kept running.
func New(f *state.Folder, t *terminal.Terminal, project, app string, fatal func(error)) (*Stack, error) {
	keys, err := stack.ReadS3Keys(f.Dir)
	if err != nil {
		return nil, fmt.Errorf("make the bucket's keys: %w", err)
	}
	return &Stack{
		terminal: t, folder: f, name: nameOf(project), app: app, fatal: fatal, keys: keys, building: make(chan struct{}, 1),
	}, nil
}

// nameOf returns a project's name as S3 takes it for a bucket: 3 to 63 letters, digits and
// hyphens.
func nameOf(project string) string {
	name := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(project))
	if name = strings.Trim(name[:min(len(name), 60)], "-"); len(name) < 3 {
		name += "-dev"
	}
	return name
}

// Start starts those of the servers that do not run yet, and reports whether there were any.
// They go on starting in the background.
func (s *Stack) Start(ctx context.Context, servers []string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	started := false
	for _, name := range servers {
		if s.stopped || s.find(name) != nil {
			continue
		}
		started = true
		port, err := s.folder.Port(name)
		if err != nil {
			return started, err
		}
		log, err := openLog(s.folder.Path("logs"), name)
		if err != nil {
			return started, err
		}
		k := &keeper{name: name, port: port, log: log, start: s.starters()[name], replace: make(chan func(running))}
		k.keep(ctx, s.folder.Dir, s.terminal, s.fatal)
		s.keepers = append(s.keepers, k)
	}
	return started, nil
}

// find returns the keeper of a server; nil if it was not started. s.mu is held.
func (s *Stack) find(name string) *keeper {
	for _, k := range s.keepers {
		if k.name == name {
			return k
		}
	}
	return nil
}

// running returns the keepers of all servers that were started.
func (s *Stack) running() []*keeper {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.keepers)
}

// Wait returns when those of the servers that were started are up for the first time.
func (s *Stack) Wait(ctx context.Context, servers ...string) error {
	for _, k := range s.running() {
		if slices.Contains(servers, k.name) {
			if err := k.wait(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Addresses returns where the servers are that were started. Those of the bucket and of
// Inngest are known before these servers run, so that the app need not wait for them; the
// database's is empty until PostgreSQL is up.
func (s *Stack) Addresses() state.Addresses {
	a := state.Addresses{App: s.app, MailFile: s.folder.MailFile(), MetricsToken: s.folder.MetricsToken()}
	for _, k := range s.running() {
		switch k.name {
		case Postgres:
			select {
			case <-k.ready:
				a.DatabaseURL = s.databaseURL
			default:
			}
		case S3:
			a.Bucket = &state.Bucket{
				Endpoint: localURL(k.port), Name: s.name, Region: s.keys.Region,
				AccessKeyID: s.keys.AccessKeyID, SecretAccessKey: s.keys.SecretAccessKey,
			}
		case Inngest:
			a.Inngest, a.EventKey = localURL(k.port), EventKey
		}
	}
	return a
}

func localURL(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

// Stop stops the servers, Inngest first and the database last. None can be started after it.
func (s *Stack) Stop() error {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	var errs []error
	for _, name := range []string{Inngest, S3, Postgres} {
		for _, k := range s.running() {
			if k.name == name {
				errs = append(errs, k.Stop())
			}
		}
	}
	return errors.Join(errs...)
}
