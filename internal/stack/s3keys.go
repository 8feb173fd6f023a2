package stack

import (
	"os"
	"path/filepath"
)

// S3Keys is what a client of the S3 server must know besides its endpoint.
type S3Keys struct {
	AccessKeyID     string
	SecretAccessKey string
	Region          string
}

// ReadS3Keys returns the keys that the S3 server has in dir. It makes them if
// there are none, so that clients can be told before the server is started.
func ReadS3Keys(dir string) (S3Keys, error) {
	folder := filepath.Join(dir, "s3")
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // as prepare does; what is secret is 0600
		return S3Keys{}, err
	}
	var s S3
	if err := s.keys(filepath.Join(folder, "keys")); err != nil {
		return S3Keys{}, err
	}
	return S3Keys{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, Region: s3Region}, nil
}

// s3Region is the region that the S3 server says it is in.
const s3Region = "us-east-1"
