package parity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"switchyard/internal/migrate"
	"switchyard/internal/schema"
	"switchyard/internal/stack"
)

// Services are a PostgreSQL and an S3 server, in which each side has a database and a
// bucket of its own, so that what one changes the other does not see.
type Services struct {
	environ  []string
	schema   schema.Source
	postgres *stack.Postgres
	s3       *stack.S3
	dir      string
	remove   func() error

	mu sync.Mutex // one side is made at a time
}

// OpenServices starts the servers, for programs whose databases have this schema. Programs
// get environ, and what leads to the servers.
// progress is told what takes long.
func OpenServices(ctx context.Context, schema schema.Source, environ []string, progress func(string)) (*Services, error) {
	s := &Services{schema: schema, environ: environ}
	var err error
	if s.dir, s.remove, err = stack.TempDir(); err != nil {
		return nil, err
	}
	o := stack.Options{Dir: s.dir, Progress: progress}
	if s.postgres, err = stack.StartPostgres(ctx, stack.PostgresOptions{Options: o}); err == nil {
		s.s3, err = stack.StartS3(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close stops the servers and removes what they kept.
func (s *Services) Close() error {
	var errs []error
	if s.s3 != nil {
		errs = append(errs, s.s3.Stop())
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.Stop())
	}
	return errors.Join(append(errs, s.remove())...)
}

// Env makes the database and the bucket of a side, and returns its environment. There is
// no Inngest: what would run in the background stays in the outbox.
func (s *Services) Env(ctx context.Context, side string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := "parity-" + side
	url, err := s.postgres.CreateDatabase(ctx, strings.ReplaceAll(name, "-", "_"))
	if err != nil {
		return nil, err
	}
	if _, err := migrate.Apply(ctx, url, s.schema, migrate.Options{Log: io.Discard}); err != nil {
		return nil, fmt.Errorf("the schema of %s: %w", side, err)
	}
	if err := s.s3.CreateBucket(ctx, name); err != nil {
		return nil, err
	}
	return append(append([]string{}, s.environ...),
		"DATABASE_URL="+url, "DATABASE_UNPOOLED_URL=",
		"BUCKET="+name, "ENDPOINT="+s.s3.Endpoint, "REGION="+s.s3.Region,
		"ACCESS_KEY_ID="+s.s3.AccessKeyID, "SECRET_ACCESS_KEY="+s.s3.SecretAccessKey,
		"INNGEST_DEV=http://127.0.0.1:1",
		"BETTER_AUTH_SECRET=a secret of at least 32 characters", "BETTER_AUTH_URL=https://"+defaultHost, "AUTH_RATE_LIMIT=off",
		"MAIL_SINK=file", "MAIL_FILE="+filepath.Join(s.dir, name+".jsonl"),
		"TRUSTED_PROXIES=1", "LOG_LEVEL=error",
	), nil
}
