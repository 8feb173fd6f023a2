// Package bucket keeps files in an S3-compatible store.
//
// Bytes travel between the store and whoever wants them, without passing
// through this service: a caller gets a presigned URL and uses it straight
// against the store ([Bucket.PresignPut], [Bucket.PresignGet]). What the service
// itself reads and writes, it streams.
//
// The bucket has no readiness check on purpose: while the store is down, pages
// and listings still work.
package bucket

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"switchyard/shared/config"
)

// Bucket is one bucket of an S3-compatible store. It is safe for concurrent use.
type Bucket struct {
	name    string
	client  *s3.Client
	presign *s3.PresignClient
	patient *http.Client  // for what the store may work at for minutes before it answers
	once    bool          // the store refuses a second upload if it is asked to
	idle    func()        // closes idle connections
	origin  func() string // once
}

// Object is what the store knows of an object without its bytes.
type Object struct {
	Size int64  // bytes
	Type string // the Content-Type it was stored with
	ETag string // changes when the bytes do; quoted, as the store gave it
}

// Open returns the bucket that c names. It makes no call over the network: a
// wrong key or an unreachable store shows in the first use.
func Open(ctx context.Context, c config.Bucket) (*Bucket, error) {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second, // no bound on bodies: they may be gigabytes, and ctx bounds them
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConns:          16,
		MaxIdleConnsPerHost:   16,
		ForceAttemptHTTP2:     true,
	}
	patient := transport.Clone()
	patient.ResponseHeaderTimeout = 0 // ctx bounds it
	client := s3.New(s3.Options{
		Region:       c.Region,
		BaseEndpoint: aws.String(c.Endpoint.String()),
		UsePathStyle: c.PathStyle(),
		Credentials:  credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey.Reveal(), c.SessionToken().Reveal()),
		HTTPClient:   &http.Client{Transport: transport},
		// Stores other than Amazon's trip over checksums they did not ask for.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
	b := &Bucket{
		name: c.Name, client: client, presign: s3.NewPresignClient(client),
		patient: &http.Client{Transport: patient}, once: writesOnce(c.Endpoint),
		idle: func() { transport.CloseIdleConnections(); patient.CloseIdleConnections() },
	}
	// A start takes no signature, which leads through most of the SDK.
	b.origin = sync.OnceValue(func() string { return b.findOrigin(context.WithoutCancel(ctx)) })
	return b, nil
}

// findOrigin returns the origin of a presigned URL; "" if the SDK can make none of this bucket,
// which it then says to whoever wants one.
func (b *Bucket) findOrigin(ctx context.Context) string {
	sample, err := b.PresignGet(ctx, "origin", time.Minute, GetOptions{})
	if err != nil {
		return ""
	}
	u, err := url.Parse(sample)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Close lets go of idle connections. It may be called more than once.
func (b *Bucket) Close() error {
	b.idle()
	return nil
}

// Origin returns the scheme and host that presigned URLs lead to, as a
// Content-Security-Policy wants them: "https://photos.storage.railway.app".
func (b *Bucket) Origin() string { return b.origin() }

// Head returns what the store knows of the object at key. It fails with
// fault.NotFound if there is none, and fault.Unavailable if the store does not
// answer, as every method here.
func (b *Bucket) Head(ctx context.Context, key string) (Object, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return Object{}, failure("look up", key, err)
	}
	return Object{
		Size: aws.ToInt64(out.ContentLength),
		Type: aws.ToString(out.ContentType),
		ETag: aws.ToString(out.ETag),
	}, nil
}

// Get returns the bytes of the object at key as a stream, which the caller
// closes. It lives as long as ctx does.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, failure("read", key, err)
	}
	return &stream{body: out.Body, key: key}, nil
}

// Put stores size bytes of body at key, in place of what was there. body is
// read again from its start if the store has to be asked twice.
func (b *Bucket) Put(ctx context.Context, key string, body io.ReadSeeker, size int64, contentType string) error {
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: body, ContentLength: &size, ContentType: &contentType,
	})
	return failure("write", key, err)
}

// AllowUploads lets pages of any origin send and fetch objects of this bucket by
// script. It opens nothing by itself: each such request still needs a presigned
// URL. A deployment calls it once; doing it again changes nothing.
func (b *Bucket) AllowUploads(ctx context.Context) error {
	_, err := b.client.PutBucketCors(ctx, &s3.PutBucketCorsInput{
		Bucket: &b.name,
		CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{{
			AllowedOrigins: []string{"*"},
			AllowedMethods: []string{http.MethodPut, http.MethodGet, http.MethodHead},
			AllowedHeaders: []string{"*"},
			ExposeHeaders:  []string{"ETag"},
			MaxAgeSeconds:  aws.Int32(3600),
		}}},
	})
	return failure("allow uploads to", b.name, err)
}
