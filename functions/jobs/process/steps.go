package process

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/gabriel-vasile/mimetype"
	"github.com/google/uuid"

	"switchyard/functions/jobs/process/internal/picture"
	"switchyard/shared/fault"
	"switchyard/shared/files"
)

// reasonMissing is why a file without bytes fails.
const reasonMissing = "The bytes of this file are not in the bucket any more."

// Found is what the store says of the bytes.
type Found struct {
	Size   int64  `json:"size"`
	Reason string `json:"reason,omitempty"` // why the file fails
}

// Find looks whether the bytes are there, as many as were announced.
func (f Function) Find(ctx context.Context, owner string, id uuid.UUID) (Found, error) {
	file, err := f.Files.Get(ctx, owner, id)
	if fault.Is(err, fault.NotFound) {
		return Found{Reason: "This file was deleted."}, nil
	}
	if err != nil {
		return Found{}, err
	}
	object, err := f.Bucket.Head(ctx, files.Key(id))
	if fault.Is(err, fault.NotFound) {
		return Found{Reason: reasonMissing}, nil
	}
	if err != nil {
		return Found{}, err
	}
	if object.Size != file.Size {
		return Found{Size: object.Size, Reason: reasonSize(object.Size, file.Size)}, nil
	}
	return Found{Size: object.Size}, nil
}

func reasonSize(got, announced int64) string {
	return fmt.Sprintf("%d bytes have arrived, but %d were announced.", got, announced)
}

// Digest is what can be told of any bytes.
type Digest struct {
	SHA256 string `json:"sha256,omitempty"`
	Type   string `json:"type,omitempty"`   // by content
	Reason string `json:"reason,omitempty"` // why the file fails
}

// Digest reads the bytes, of which there should be size, once through.
func (f Function) Digest(ctx context.Context, id uuid.UUID, size int64) (Digest, error) {
	body, err := f.Bucket.Get(ctx, files.Key(id))
	if fault.Is(err, fault.NotFound) {
		return Digest{Reason: reasonMissing}, nil
	}
	if err != nil {
		return Digest{}, err
	}
	defer func() { _ = body.Close() }()

	var head [3072]byte // what the detection of types looks at
	n, err := io.ReadFull(body, head[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Digest{}, fmt.Errorf("read the bytes: %w", err)
	}
	sum := sha256.New()
	sum.Write(head[:n])
	rest, err := io.Copy(sum, body)
	if err != nil {
		return Digest{}, fmt.Errorf("read the bytes: %w", err)
	}
	d := Digest{SHA256: hex.EncodeToString(sum.Sum(nil)), Type: mimetype.Detect(head[:n]).String()}
	if got := int64(n) + rest; got != size {
		d.Reason = reasonSize(got, size) // overwritten since they were found
	}
	return d, nil
}

// Picture is what can be told of a picture.
type Picture struct {
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
	Thumbnail bool   `json:"thumbnail"`
	Reason    string `json:"reason,omitempty"` // why the file fails
}

// Picture measures the picture and stores its thumbnail.
func (f Function) Picture(ctx context.Context, owner string, id uuid.UUID, mimeType string) (Picture, error) {
	leave, err := f.Gate.Enter(ctx)
	if err != nil {
		return Picture{}, err
	}
	defer leave()
	info, thumbnail, thumbnailType, err := f.shrink(ctx, id, mimeType)
	seen := Picture{Width: info.Width, Height: info.Height}
	var refused *picture.RefusedError
	switch {
	case errors.As(err, &refused):
		return Picture{Reason: refused.Reason}, nil
	case errors.Is(err, picture.ErrUnsupported):
		return seen, nil
	case fault.Is(err, fault.NotFound):
		return Picture{Reason: reasonMissing}, nil
	case err != nil:
		return Picture{}, err
	}
	if err := f.Bucket.Put(ctx, files.ThumbnailKey(id), bytes.NewReader(thumbnail), int64(len(thumbnail)), thumbnailType); err != nil {
		return Picture{}, err
	}
	// If the file was deleted meanwhile, its thumbnail may have been removed
	// before it was written, and this run is about to be cancelled.
	if _, err := f.Files.Get(ctx, owner, id); fault.Is(err, fault.NotFound) {
		return Picture{}, f.Bucket.Delete(ctx, files.ThumbnailKey(id))
	}
	seen.Thumbnail = true
	return seen, nil
}

// shrink reads the header of the picture, and if that is in order all of it.
func (f Function) shrink(ctx context.Context, id uuid.UUID, mimeType string) (info picture.Info, thumbnail []byte, thumbnailType string, err error) {
	err = f.read(ctx, id, func(r io.Reader) error {
		info, err = picture.Inspect(r, mimeType)
		return err
	})
	if err != nil {
		return info, nil, "", err
	}
	err = f.read(ctx, id, func(r io.Reader) error {
		thumbnail, thumbnailType, err = picture.Thumbnail(r, info)
		return err
	})
	return info, thumbnail, thumbnailType, err
}

func (f Function) read(ctx context.Context, id uuid.UUID, use func(io.Reader) error) error {
	body, err := f.Bucket.Get(ctx, files.Key(id))
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	return use(body)
}
