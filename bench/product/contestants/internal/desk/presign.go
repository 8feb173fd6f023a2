package desk

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Bucket signs requests that store bytes.
type Bucket struct {
	name   string
	client *s3.PresignClient
}

// NewBucket returns it.
func NewBucket(e Env) *Bucket {
	return &Bucket{e.S3Bucket, s3.NewPresignClient(s3.New(s3.Options{
		Region: "auto", BaseEndpoint: aws.String(e.S3Endpoint), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(e.S3Key, e.S3Secret, ""),
	}))}
}

// Put returns the URL that takes so many bytes for 15 minutes.
func (b *Bucket) Put(ctx context.Context, key string, size int64, contentType string) (string, error) {
	r, err := b.client.PresignPutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, ContentLength: &size, ContentType: &contentType,
	}, s3.WithPresignExpires(15*time.Minute))
	if err != nil {
		return "", err
	}
	return r.URL, nil
}
