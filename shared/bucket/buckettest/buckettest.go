// Package buckettest gives tests real buckets.
//
// One S3 server per test process is started when it is first asked for and stopped
// by [Main]. Each test gets a bucket of its own, so that tests may run in parallel:
//
//	func TestMain(m *testing.M) { buckettest.Main(m) }
//
//	func TestCreate(t *testing.T) {
//		t.Parallel()
//		f := create.Function{Bucket: buckettest.New(t)}
//		…
//	}
//
// A test whose bucket cannot be had fails; it is never skipped. The first test run
// on a machine builds the server, which takes a minute or more.
package buckettest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/shared/bucket"
	"switchyard/shared/config"
	"switchyard/shared/stack"
)

// prepareTimeout bounds building and starting the server, which the test that is
// first does for all; its own end must not end them.
const prepareTimeout = 10 * time.Minute

// Main runs the tests and exits. It is all of a TestMain.
func Main(m *testing.M) { os.Exit(Run(m.Run)) }

// Run calls run, which runs the tests, stops the server, and returns what run
// returned. It is for a TestMain that has more to do:
//
//	os.Exit(dbtest.Run(func() int { return buckettest.Run(m.Run) }))
func Run(run func() int) int {
	shared.open()
	code := run()
	if err := shared.close(); err != nil {
		_, _ = os.Stderr.WriteString("buckettest: " + err.Error() + "\n")
		return max(code, 1)
	}
	return code
}

// New returns an empty bucket. Web pages of any origin may use its presigned URLs.
func New(t testing.TB) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), Config(t))
	if err != nil {
		t.Fatalf("open the test's bucket: %v", err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close the test's bucket: %v", err)
		}
	})
	return b
}

// Config returns what opens an empty bucket made for the test.
func Config(t testing.TB) config.Bucket {
	t.Helper()
	c, err := shared.create(t.Context(), "test-"+strings.ToLower(rand.Text()))
	if err != nil {
		t.Fatalf("a bucket for the test: %v", err)
	}
	return c
}

// shared is the server of this test process.
var shared server //nolint:gochecknoglobals // one per process is what the package is for

// server is an S3 server that starts when it is first needed.
type server struct {
	mu      sync.Mutex
	opened  bool // by Run, which will close it
	started bool // or tried

	err    error // of the starting
	s3     *stack.S3
	remove func() error
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
	if s.s3 != nil {
		errs = append(errs, s.s3.Stop())
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
		return errors.New("the package's TestMain does not call buckettest.Main or buckettest.Run")
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
	s.s3, err = stack.StartS3(ctx, stack.Options{
		Dir:      dir,
		Progress: func(line string) { _, _ = os.Stderr.WriteString("buckettest: " + line + "\n") },
	})
	return err
}

// create makes a bucket and returns what opens it.
func (s *server) create(ctx context.Context, name string) (config.Bucket, error) {
	if err := s.start(ctx); err != nil {
		return config.Bucket{}, err
	}
	if err := s.s3.CreateBucket(ctx, name); err != nil {
		return config.Bucket{}, err
	}
	c := config.Bucket{
		Name:            name,
		AccessKeyID:     s.s3.AccessKeyID,
		SecretAccessKey: config.Secret(s.s3.SecretAccessKey),
		Region:          s.s3.Region,
		URLStyle:        "path",
	}
	return c, c.Endpoint.UnmarshalText([]byte(s.s3.Endpoint))
}
