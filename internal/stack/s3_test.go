package stack_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"switchyard/internal/stack"
	"switchyard/internal/stack/process"
)

func startS3(t *testing.T, dir string) *stack.S3 {
	t.Helper()
	server, err := stack.StartS3(t.Context(), stack.Options{Dir: dir, Log: logOf(t), Progress: progressOf(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func client(s *stack.S3) *s3.Client {
	return s3.New(s3.Options{
		Region: s.Region, BaseEndpoint: aws.String(s.Endpoint), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKeyID, s.SecretAccessKey, ""),
	})
}

// bucket makes a bucket called files.
func makeBucket(t *testing.T, s *stack.S3) {
	t.Helper()
	if err := s.CreateBucket(t.Context(), "files"); err != nil {
		t.Fatal(err)
	}
}

// put stores text at key, with a type, an own header and empty metadata.
func put(t *testing.T, s *stack.S3, key, text string) {
	t.Helper()
	_, err := client(s).PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("files"), Key: &key, Body: strings.NewReader(text),
		ContentType: aws.String("text/x-test"), Metadata: map[string]string{"own": "value"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// check fails the test if key does not hold what put stored.
func check(t *testing.T, s *stack.S3, key, want string) {
	t.Helper()
	out, err := client(s).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("files"), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	got, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want || aws.ToString(out.ContentType) != "text/x-test" || out.Metadata["own"] != "value" {
		t.Errorf("%s = %q of type %s with %v", key, got, aws.ToString(out.ContentType), out.Metadata)
	}
}

func TestS3KeepsItsData(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	first := startS3(t, dir)
	makeBucket(t, first)
	makeBucket(t, first) // it is there
	put(t, first, "a/b/c.txt", "hello")
	check(t, first, "a/b/c.txt", "hello")
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := startS3(t, dir)
	if second.SecretAccessKey != first.SecretAccessKey || second.AccessKeyID != first.AccessKeyID {
		t.Error("the keys have changed")
	}
	check(t, second, "a/b/c.txt", "hello")
}

// Where the file system has no extended attributes, metadata goes into files.
func TestS3WithoutAttributes(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "s3", "meta"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := startS3(t, dir)
	makeBucket(t, s)
	put(t, s, "a.txt", "hello")
	check(t, s, "a.txt", "hello")
	put(t, s, "a.txt", "again")
	check(t, s, "a.txt", "again")
	if _, err := client(s).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("files"), Key: aws.String("a.txt")}); err != nil {
		t.Fatal(err)
	}
	list, err := client(s).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("files")})
	if err != nil || len(list.Contents) != 0 {
		t.Errorf("after deleting: %d objects, %v", len(list.Contents), err)
	}
}

// A page of another origin uploads and downloads by presigned URL.
func TestS3FromAWebPage(t *testing.T) {
	t.Parallel()
	s := startS3(t, tempDir(t))
	makeBucket(t, s)
	presign := s3.NewPresignClient(client(s))
	up, err := presign.PresignPutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("files"), Key: aws.String("p.txt"), ContentType: aws.String("text/plain"),
		ContentLength: aws.Int64(5),
	}, s3.WithPresignExpires(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	const origin = "http://127.0.0.1:3000"

	preflight := send(t, http.MethodOptions, up.URL, "", http.Header{
		"Origin":                         {origin},
		"Access-Control-Request-Method":  {http.MethodPut},
		"Access-Control-Request-Headers": {"content-type"},
	})
	if preflight.StatusCode/100 != 2 {
		t.Errorf("the preflight is answered %s", preflight.Status)
	}
	allows(t, preflight, origin)
	if m := preflight.Header.Get("Access-Control-Allow-Methods"); !strings.Contains(m, http.MethodPut) {
		t.Errorf("Access-Control-Allow-Methods: %q", m)
	}
	if h := preflight.Header.Get("Access-Control-Allow-Headers"); h != "*" && !strings.Contains(strings.ToLower(h), "content-type") {
		t.Errorf("Access-Control-Allow-Headers: %q", h)
	}

	upload := send(t, http.MethodPut, up.URL, "hello", http.Header{"Origin": {origin}, "Content-Type": {"text/plain"}})
	if upload.StatusCode != http.StatusOK {
		t.Errorf("the upload is answered %s", upload.Status)
	}
	allows(t, upload, origin)

	down, err := presign.PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("files"), Key: aws.String("p.txt")})
	if err != nil {
		t.Fatal(err)
	}
	download := send(t, http.MethodGet, down.URL, "", http.Header{"Origin": {origin}})
	if download.StatusCode != http.StatusOK {
		t.Errorf("the download is answered %s", download.Status)
	}
	allows(t, download, origin)

	if unsigned := send(t, http.MethodGet, s.Endpoint+"/files/p.txt", "", nil); unsigned.StatusCode != http.StatusForbidden {
		t.Errorf("an unsigned request is answered %s", unsigned.Status)
	}
}

func allows(t *testing.T, res *http.Response, origin string) {
	t.Helper()
	if got := res.Header.Get("Access-Control-Allow-Origin"); got != "*" && got != origin {
		t.Errorf("%s: Access-Control-Allow-Origin: %q", res.Request.Method, got)
	}
}

// send sends a request and returns the response, its body read and closed.
func send(t *testing.T, method, url, body string, header http.Header) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res
}

// Two kinds of server in one folder, and the folder beside another.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	pg, a, b := startPostgres(t, dir), startS3(t, dir), startS3(t, tempDir(t))
	if a.Endpoint == b.Endpoint || a.SecretAccessKey == b.SecretAccessKey {
		t.Error("two servers have one address or one key")
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	makeBucket(t, b)
	if got := query(t, pg.URL, "select 'up'"); got != "up" {
		t.Error("stopping the S3 server hurt PostgreSQL")
	}
	if err := process.Clean(dir); !errors.Is(err, process.ErrInUse) {
		t.Errorf("Clean: %v, want ErrInUse", err)
	}
}
