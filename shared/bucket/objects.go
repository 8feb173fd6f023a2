package bucket

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Copy makes the object at from, of at most 5 GiB, also the object at to, with its type;
// the bytes stay within the store. It fails with fault.NotFound if there is none at from.
//
// It is tried once. After another error the store may still be at it: who tries again
// names another to, or what comes late takes the place of what was checked.
func (b *Bucket) Copy(ctx context.Context, from, to string) error {
	source := strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(b.name + "/" + from))
	_, err := b.client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &b.name, Key: &to, CopySource: &source},
		func(o *s3.Options) { o.HTTPClient, o.Retryer = b.patient, aws.NopRetryer{} })
	return failure("copy", from, err)
}

// Delete removes the objects at keys. Those that are not there count as removed.
func (b *Bucket) Delete(ctx context.Context, keys ...string) error {
	// One by one: not every store can remove several at once.
	for _, key := range keys {
		_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key})
		if err != nil && !isNotFound(err) {
			return failure("remove", key, err)
		}
	}
	return nil
}

// DeleteAll removes the objects whose keys begin with prefix.
func (b *Bucket) DeleteAll(ctx context.Context, prefix string) error {
	return removeAll(func(after string) ([]string, error) { return b.List(ctx, prefix, after) },
		func(key string) error { return b.Delete(ctx, key) })
}

// mostRounds bounds how often removeAll lists: a store tells of 1000 at once.
const mostRounds = 100

// removeAll removes what list returns, until it returns nothing; list returns what comes after an
// element. Some stores list for a while what was removed: behind a page of that, removeAll goes on.
func removeAll[T comparable](list func(after T) ([]T, error), remove func(T) error) error {
	removed := map[T]bool{}
	var after T
	for range mostRounds {
		found, err := list(after)
		if err != nil || len(found) == 0 {
			return err
		}
		last := found[len(found)-1]
		if found = slices.DeleteFunc(found, func(t T) bool { return removed[t] }); len(found) == 0 {
			after = last
		}
		for _, t := range found {
			if err := remove(t); err != nil {
				return err
			}
			removed[t] = true
		}
	}
	return fmt.Errorf("bucket: after %d objects or uploads were removed, the store lists more", len(removed))
}

// List returns in their order the keys that begin with prefix and come after the key
// after: as many as the store tells at once, 1000 at most, and none if there are no more.
func (b *Bucket) List(ctx context.Context, prefix, after string) ([]string, error) {
	in := &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: &prefix}
	if after != "" {
		in.StartAfter = &after
	}
	out, err := b.client.ListObjectsV2(ctx, in)
	if err != nil {
		return nil, failure("list", prefix, err)
	}
	keys := make([]string, len(out.Contents))
	for i, object := range out.Contents {
		keys[i] = aws.ToString(object.Key)
	}
	return keys, nil
}
