package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"switchyard/schema/migrate"
	"switchyard/shared/stack"
)

// templateName is the database that the others are copies of.
const templateName = "template_switchyard"

// prepareTimeout bounds starting the server and making the template, which the
// test that is first does for all; its own end must not end them.
const prepareTimeout = 5 * time.Minute

// shared is the server of this test process.
var shared server //nolint:gochecknoglobals // one per process is what the package is for

// server is a PostgreSQL that starts when it is first needed.
type server struct {
	mu       sync.Mutex
	opened   bool // by Run, which will close it
	started  bool // or tried
	migrated bool // or tried

	err         error // of the starting
	templateErr error
	pg          *stack.Postgres
	admin       *pgxpool.Pool
	remove      func() error
}

// open allows the server to be started.
func (s *server) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = true
}

// close ends the server if it was started, and removes its files.
func (s *server) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = false
	var errs []error
	if s.admin != nil {
		s.admin.Close()
	}
	if s.pg != nil {
		errs = append(errs, s.pg.Stop())
	}
	if s.remove != nil {
		errs = append(errs, s.remove())
	}
	return errors.Join(errs...)
}

// start starts the server on the first call.
func (s *server) start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.opened {
		return errors.New("the package's TestMain does not call dbtest.Main or dbtest.Run")
	}
	if !s.started {
		s.started = true
		s.err = s.startOnce(ctx)
	}
	return s.err
}

func (s *server) startOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), prepareTimeout)
	defer cancel()
	dir, remove, err := stack.TempDir()
	if err != nil {
		return err
	}
	s.remove = remove
	s.pg, err = stack.StartPostgres(ctx, stack.PostgresOptions{Options: stack.Options{
		Dir:      dir,
		Progress: func(line string) { _, _ = os.Stderr.WriteString("dbtest: " + line + "\n") },
	}})
	if err != nil {
		return err
	}
	s.admin, err = pgxpool.New(ctx, s.pg.URL)
	return err
}

// template returns the name of a database that has the schema, made on the first
// call.
func (s *server) template(ctx context.Context) (string, error) {
	if err := s.start(ctx); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.migrated {
		s.migrated = true
		s.templateErr = s.migrate(ctx)
	}
	return templateName, s.templateErr
}

func (s *server) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), prepareTimeout)
	defer cancel()
	url, err := s.pg.CreateDatabase(ctx, templateName)
	if err != nil {
		return err
	}
	if _, err := migrate.Apply(ctx, url, migrate.Options{}); err != nil {
		return fmt.Errorf("apply schema.hcl: %w", err)
	}
	return nil
}

// create makes a database, as clause says, and returns its URL.
func (s *server) create(ctx context.Context, name, clause string) (string, error) {
	if err := s.start(ctx); err != nil {
		return "", err
	}
	if _, err := s.admin.Exec(ctx, "CREATE DATABASE "+name+clause); err != nil {
		return "", err
	}
	return s.pg.DatabaseURL(name), nil
}

// drop removes the database, whoever is still connected to it.
func (s *server) drop(ctx context.Context, name string) error {
	_, err := s.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	return err
}
