package bucket

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Upload is an upload in parts: an S3 multipart upload. There is no object until it is
// assembled, and what has arrived is kept until then, or until it is aborted.
type Upload struct {
	Key string
	ID  string // the store's
}

// Part is a part of an upload that has arrived.
type Part struct {
	Number int   // from 1 on
	Size   int64 // bytes
	ETag   string
}

// MinPartSize is the least size in bytes of all parts but the last, and MaxParts how many
// an upload may have.
const (
	MinPartSize = 5 << 20
	MaxParts    = 10_000
)

// Begin begins an upload in parts of an object of this type. Whoever begins one has it
// assembled or aborted: until then its parts take room that no listing of objects shows.
func (b *Bucket) Begin(ctx context.Context, key, contentType string) (Upload, error) {
	out, err := b.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &b.name, Key: &key, ContentType: &contentType,
	})
	if err != nil {
		return Upload{}, failure("begin the upload of", key, err)
	}
	return Upload{Key: key, ID: aws.ToString(out.UploadId)}, nil
}

// PresignPart returns the request that stores exactly size bytes as a part of the upload, in
// place of what had arrived of it, for as long as ttl. It is refused once the upload is
// assembled or aborted.
func (b *Bucket) PresignPart(ctx context.Context, u Upload, number int, size int64, ttl time.Duration) (Request, error) {
	if size < 1 || number < 1 || number > MaxParts {
		return Request{}, fmt.Errorf("bucket: presign part %d of %s: a size of %d cannot be signed", number, u.Key, size)
	}
	signed, err := b.presign.PresignUploadPart(ctx, &s3.UploadPartInput{
		Bucket: &b.name, Key: &u.Key, UploadId: &u.ID, PartNumber: aws.Int32(int32(number)), //nolint:gosec // at most MaxParts
		ContentLength: &size,
	}, s3.WithPresignExpires(ttl))
	if err != nil {
		return Request{}, fmt.Errorf("bucket: presign part %d of %s: %w", number, u.Key, err)
	}
	return Request{Method: signed.Method, URL: signed.URL, Headers: map[string]string{}}, nil
}

// Parts returns the parts that have arrived, by number. It fails with fault.NotFound if the
// upload was assembled or aborted.
func (b *Bucket) Parts(ctx context.Context, u Upload) ([]Part, error) {
	var parts []Part
	pages := s3.NewListPartsPaginator(b.client, &s3.ListPartsInput{Bucket: &b.name, Key: &u.Key, UploadId: &u.ID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure("list the parts of", u.Key, err)
		}
		for _, p := range page.Parts {
			parts = append(parts, Part{Number: int(aws.ToInt32(p.PartNumber)), Size: aws.ToInt64(p.Size), ETag: aws.ToString(p.ETag)})
		}
	}
	return parts, nil
}

// Assemble makes the object of the parts, which are in order, and ends the upload. It fails
// with fault.NotFound if it was assembled or aborted before. After another error the store
// may still be at it.
func (b *Bucket) Assemble(ctx context.Context, u Upload, parts []Part) error {
	completed := make([]types.CompletedPart, len(parts))
	for i, p := range parts {
		completed[i] = types.CompletedPart{PartNumber: aws.Int32(int32(p.Number)), ETag: &p.ETag} //nolint:gosec // at most MaxParts
	}
	_, err := b.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &b.name, Key: &u.Key, UploadId: &u.ID, MultipartUpload: &types.CompletedMultipartUpload{Parts: completed},
	}, func(o *s3.Options) { o.HTTPClient = b.patient })
	return failure("assemble", u.Key, err)
}

// Abort ends the upload and removes its parts. One that has ended stays as it is. A part that
// is on its way may still be stored: who needs it gone aborts once more later.
func (b *Bucket) Abort(ctx context.Context, u Upload) error {
	_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.name, Key: &u.Key, UploadId: &u.ID})
	if err != nil && !isNotFound(err) {
		return failure("abort the upload of", u.Key, err)
	}
	return nil
}

// Uploads returns the uploads in parts, neither assembled nor aborted, of keys that begin
// with prefix, in the order of their keys: those of keys after the key after, 1000 at most.
func (b *Bucket) Uploads(ctx context.Context, prefix, after string) ([]Upload, error) {
	return b.uploadsAfter(ctx, prefix, Upload{Key: after})
}

// uploadsAfter is Uploads, but if after has an id, other uploads of its key come, too.
func (b *Bucket) uploadsAfter(ctx context.Context, prefix string, after Upload) ([]Upload, error) {
	in := &s3.ListMultipartUploadsInput{Bucket: &b.name, Prefix: &prefix}
	if after.Key != "" {
		in.KeyMarker = &after.Key
	}
	if after.ID != "" {
		in.UploadIdMarker = &after.ID
	}
	out, err := b.client.ListMultipartUploads(ctx, in)
	if err != nil {
		return nil, failure("list the uploads of", prefix, err)
	}
	uploads := make([]Upload, len(out.Uploads))
	for i, u := range out.Uploads {
		uploads[i] = Upload{Key: aws.ToString(u.Key), ID: aws.ToString(u.UploadId)}
	}
	return uploads, nil
}

// AbortAll aborts the uploads in parts of keys that begin with prefix.
func (b *Bucket) AbortAll(ctx context.Context, prefix string) error {
	return removeAll(func(after Upload) ([]Upload, error) { return b.uploadsAfter(ctx, prefix, after) },
		func(u Upload) error { return b.Abort(ctx, u) })
}
