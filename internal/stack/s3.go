package stack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"switchyard/internal/stack/process"
)

// s3Health answers while the S3 server is up. No bucket can be called so.
const s3Health = "/_health"

// S3 is a running S3 server. Its buckets are folders below Dir/s3/data.
type S3 struct {
	Endpoint        string // http://127.0.0.1:<port>; buckets are in the path
	AccessKeyID     string
	SecretAccessKey string
	Region          string

	process *process.Process
}

// StartS3 starts the S3 server, built with [BuildS3] if need be, and returns when
// it answers. Its keys are made on the first start in o.Dir, and kept.
func StartS3(ctx context.Context, o Options) (*S3, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	program, err := BuildS3(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	var s *S3
	err = withPort(o, func(port int) error {
		s, err = startS3(ctx, o, program, port, false)
		// A file system without extended attributes: metadata goes into files.
		if err != nil && strings.Contains(err.Error(), "xattr check failed") {
			s, err = startS3(ctx, o, program, port, true)
		}
		return err
	})
	return s, err
}

func startS3(ctx context.Context, o Options, program string, port int, sidecar bool) (*S3, error) {
	claim, err := process.Take(o.Dir, "s3")
	if err != nil {
		return nil, err
	}
	cmd, s, err := s3Command(ctx, o.Dir, program, port, sidecar)
	if err != nil {
		claim.Release()
		return nil, err
	}
	s.process, err = start(ctx, process.Command{
		Label: "the S3 server", Cmd: cmd, Claim: claim, Log: o.Log,
	}, func(ctx context.Context, _ *process.Process) error { return healthy(ctx, s.Endpoint+s3Health) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// s3Command prepares the server's files and returns what starts it.
func s3Command(ctx context.Context, dir, program string, port int, sidecar bool) (*exec.Cmd, *S3, error) {
	data, meta := filepath.Join(dir, "s3", "data"), filepath.Join(dir, "s3", "meta")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, nil, err
	}
	s := &S3{Endpoint: "http://127.0.0.1:" + strconv.Itoa(port), Region: s3Region}
	if err := s.keys(filepath.Join(dir, "s3", "keys")); err != nil {
		return nil, nil, err
	}
	args := []string{
		"--port", "127.0.0.1:" + strconv.Itoa(port), "--region", s.Region,
		"--health", s3Health, "--quiet", "--disable-acl", "posix",
	}
	if sidecar || exists(meta) { // once there, it has what the attributes lack
		if err := os.MkdirAll(meta, 0o700); err != nil {
			return nil, nil, err
		}
		args = append(args, "--sidecar", meta)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, append(args, data)...) //nolint:gosec // we built the program
	cmd.Dir = filepath.Join(dir, "s3")
	setEnv(cmd, []string{"VGW_", "ROOT_", "LOGFILE", "WEBHOOK", "AWS_"},
		"ROOT_ACCESS_KEY_ID="+s.AccessKeyID, "ROOT_SECRET_ACCESS_KEY="+s.SecretAccessKey)
	return cmd, s, nil
}

// keys reads the access keys from file, or makes them.
func (s *S3) keys(file string) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		text = []byte(rand.Text()[:20] + " " + rand.Text() + rand.Text() + "\n")
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return err
	}
	fields := strings.Fields(string(text))
	if len(fields) != 2 {
		return fmt.Errorf("%s does not hold the S3 server's keys: delete it to get new ones", file)
	}
	s.AccessKeyID, s.SecretAccessKey = fields[0], fields[1]
	return nil
}

// Done is closed when the server has ended, by Stop or by itself.
func (s *S3) Done() <-chan struct{} { return s.process.Done() }

// Stop ends the server. It may be called more than once; it fails if the server
// had to be killed.
func (s *S3) Stop() error { return s.process.Stop() }

// CreateBucket makes the bucket if it is not there yet, and lets web pages of any
// origin GET, PUT and HEAD by presigned URL.
func (s *S3) CreateBucket(ctx context.Context, name string) error {
	client := s3.New(s3.Options{
		Region:       s.Region,
		BaseEndpoint: aws.String(s.Endpoint),
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(s.AccessKeyID, s.SecretAccessKey, ""),
	})
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
	var mine *types.BucketAlreadyOwnedByYou
	var taken *types.BucketAlreadyExists // there is but one owner
	if err != nil && !errors.As(err, &mine) && !errors.As(err, &taken) {
		return fmt.Errorf("create the bucket %s: %w", name, err)
	}
	_, err = client.PutBucketCors(ctx, &s3.PutBucketCorsInput{
		Bucket: &name,
		CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{{
			AllowedOrigins: []string{"*"},
			AllowedMethods: []string{http.MethodGet, http.MethodPut, http.MethodHead},
			AllowedHeaders: []string{"*"},
			ExposeHeaders:  []string{"ETag"},
			MaxAgeSeconds:  aws.Int32(3600),
		}}},
	})
	if err != nil {
		return fmt.Errorf("let web pages use the bucket %s: %w", name, err)
	}
	return nil
}
