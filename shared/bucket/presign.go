package bucket

import (
	"context"
	"fmt"
	"mime"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"switchyard/shared/config"
)

// Request is an HTTP request that somebody else may make as it is, until it
// expires.
type Request struct {
	Method  string
	URL     string
	Headers map[string]string // to be sent exactly so
}

// PresignPut returns the request that stores exactly size bytes, from 1 on, of the
// given type at key, for as long as ttl. Both are part of the signature, so that the
// store refuses anything else; the size stands in Content-Length, which every client
// sends by itself.
//
// Stores that are known to honour If-None-Match are asked to, by a header of the
// request: they take the bytes once, and answer 412 as long as there are some. With
// others, the request may be repeated with other bytes. So nobody may trust key while
// the request is good: see [Bucket.Copy].
func (b *Bucket) PresignPut(ctx context.Context, key string, size int64, contentType string, ttl time.Duration) (Request, error) {
	if size < 1 {
		return Request{}, fmt.Errorf("bucket: presign the upload of %s: a size of %d cannot be signed", key, size)
	}
	in := &s3.PutObjectInput{Bucket: &b.name, Key: &key, ContentLength: &size, ContentType: &contentType}
	headers := map[string]string{"Content-Type": contentType}
	if b.once {
		in.IfNoneMatch = aws.String("*")
		headers["If-None-Match"] = "*"
	}
	signed, err := b.presign.PresignPutObject(ctx, in, s3.WithPresignExpires(ttl))
	if err != nil {
		return Request{}, fmt.Errorf("bucket: presign the upload of %s: %w", key, err)
	}
	return Request{Method: signed.Method, URL: signed.URL, Headers: headers}, nil
}

// writesOnce reports whether the store at endpoint is known to honour If-None-Match on a
// PUT: Amazon's, and versitygw, the server of development and tests. Some others refuse
// every request that has it.
func writesOnce(endpoint config.URL) bool {
	host := endpoint.Hostname()
	ip, _ := netip.ParseAddr(host)
	return ip.IsLoopback() || strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn")
}

// GetOptions are the headers that the store answers a presigned GET with.
type GetOptions struct {
	// Filename is what the file is saved as: any text. Path separators and
	// control characters in it are replaced, and it is cut to 255 bytes, since
	// no file system takes more. Defaults to the end of the key.
	Filename string
	// Type is the Content-Type. Defaults to what the object was stored with.
	Type string
	// Inline lets a browser show the object, in place of saving it. Only for
	// types that cannot carry a script.
	Inline bool
}

// PresignGet returns a URL that answers with the object at key, for as long as ttl.
func (b *Bucket) PresignGet(ctx context.Context, key string, ttl time.Duration, options GetOptions) (string, error) {
	disposition := disposition(options)
	in := &s3.GetObjectInput{Bucket: &b.name, Key: &key, ResponseContentDisposition: &disposition}
	if options.Type != "" {
		in.ResponseContentType = &options.Type
	}
	signed, err := b.presign.PresignGetObject(ctx, in, s3.WithPresignExpires(ttl))
	if err != nil {
		return "", fmt.Errorf("bucket: presign the download of %s: %w", key, err)
	}
	return signed.URL, nil
}

// disposition returns a Content-Disposition in the form of RFC 6266: a plain
// name for old clients, the real one for all others.
func disposition(o GetOptions) string {
	kind := "attachment"
	if o.Inline {
		kind = "inline"
	}
	if o.Filename == "" {
		return kind
	}
	name := saveName(o.Filename)
	plain := strings.Map(func(r rune) rune {
		if r > '~' || r == '"' || r == '%' {
			return '_'
		}
		return r
	}, name)
	value := mime.FormatMediaType(kind, map[string]string{"filename": plain})
	if plain != name {
		value += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return value
}

// saveName makes a file name out of any text.
func saveName(text string) string {
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || unicode.IsControl(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(text, "_"))
	const limit = 255 // bytes
	if len(name) <= limit {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 16 {
		ext = ""
	}
	cut := limit - len(ext)
	for !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + ext
}
