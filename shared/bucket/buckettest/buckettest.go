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
	"os"
	"strings"
	"testing"

	"switchyard/internal/stack"
	"switchyard/internal/stack/stacktest"
	"switchyard/shared/bucket"
	"switchyard/shared/config"
)

// Main runs the tests and exits. It is all of a TestMain.
func Main(m *testing.M) { os.Exit(Run(m.Run)) }

// Run calls run, which runs the tests, stops the server, and returns what run
// returned. It is for a TestMain that has more to do:
//
//	os.Exit(dbtest.Run(func() int { return buckettest.Run(m.Run) }))
func Run(run func() int) int { return shared.Run(run) }

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
	c, err := create(t.Context(), "test-"+strings.ToLower(rand.Text()))
	if err != nil {
		t.Fatalf("a bucket for the test: %v", err)
	}
	return c
}

// shared is the server of this test process.
var shared = stacktest.Server[*stack.S3]{Name: "buckettest", Start: stack.StartS3} //nolint:gochecknoglobals // one per process is what the package is for

// create makes a bucket and returns what opens it.
func create(ctx context.Context, name string) (config.Bucket, error) {
	s3, err := shared.Get(ctx)
	if err != nil {
		return config.Bucket{}, err
	}
	if err := s3.CreateBucket(ctx, name); err != nil {
		return config.Bucket{}, err
	}
	c := config.Bucket{
		Name:            name,
		AccessKeyID:     s3.AccessKeyID,
		SecretAccessKey: config.Secret(s3.SecretAccessKey),
		Region:          s3.Region,
		URLStyle:        "path",
	}
	return c, c.Endpoint.UnmarshalText([]byte(s3.Endpoint))
}
