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

	"switchyard/functions/jobs/files/process/internal/excerpt"
	"switchyard/functions/jobs/files/process/internal/picture"
	"switchyard/shared/fault"
	"switchyard/shared/files"
)

// reasonMissing is the Reason of a file without bytes. A file that was deleted gets it
// too, but nobody can read it there.
const reasonMissing = "The bytes of this file are not in the bucket any more. Upload the file again."

// Pinned names the object with the bytes, which nobody can replace.
type Pinned struct {
	Key    string `json:"key,omitempty"`
	Size   int64  `json:"size"`             // as announced
	Reason string `json:"reason,omitempty"` // why the file fails
}

// Pin copies the bytes to where nobody can replace them, has the file know, and then
// removes what was sent. It may be repeated: each try that dies leaves at most a copy at
// a key of its own, which is removed with the file, see files.PinnedKeys.
func (f Function) Pin(ctx context.Context, owner string, id uuid.UUID) (Pinned, error) {
	file, err := f.Files.Get(ctx, owner, id)
	if err == nil && file.Status == files.Processing && !file.Pinned() {
		file, err = f.pin(ctx, owner, file)
	}
	switch {
	case fault.Is(err, fault.NotFound):
		return Pinned{Reason: reasonMissing}, nil
	case err != nil:
		return Pinned{}, err
	case !file.Pinned(): // and finished, as it is
		return Pinned{Reason: reasonMissing}, nil
	}
	return Pinned{Key: file.Key, Size: file.Size}, f.Bucket.Delete(ctx, files.UploadKey(id))
}

// pin copies the bytes of file, and returns the file with what is known of it after that.
func (f Function) pin(ctx context.Context, owner string, file files.File) (files.File, error) {
	key := files.NewPinnedKey(file.ID)
	if err := f.copy(ctx, file, key); err != nil {
		err = errors.Join(err, f.Bucket.Delete(ctx, key)) // part of it may be there
		if pinned, failed := f.Files.Get(ctx, owner, file.ID); failed == nil && pinned.Pinned() {
			return pinned, nil // another try was faster, and has removed what was sent
		}
		return file, err
	}
	pinned, err := f.Files.Pin(ctx, owner, file.ID, key)
	if fault.Is(err, fault.NotFound) || err == nil && pinned.Key != key {
		return pinned, errors.Join(err, f.Bucket.Delete(ctx, key)) // gone, or another try was faster
	}
	return pinned, err
}

// copy makes the object at key. An empty file has nothing to be copied.
func (f Function) copy(ctx context.Context, file files.File, key string) error {
	if file.Size == 0 {
		return f.Bucket.Put(ctx, key, bytes.NewReader(nil), 0, file.Type)
	}
	return f.Bucket.Copy(ctx, file.Key, key)
}

// Digest is what can be told of any bytes.
type Digest struct {
	SHA256 string `json:"sha256,omitempty"`
	Type   string `json:"type,omitempty"`   // by content
	Reason string `json:"reason,omitempty"` // why the file fails
}

// Digest reads the bytes, of which there should be as many as announced, once through. How
// a text begins is stored with the file: what users write is no result of a step, which
// others may look at.
func (f Function) Digest(ctx context.Context, in *files.Uploaded, pinned Pinned) (Digest, error) {
	body, err := f.Bucket.Get(ctx, pinned.Key)
	if fault.Is(err, fault.NotFound) {
		return Digest{Reason: reasonMissing}, nil
	}
	if err != nil {
		return Digest{}, err
	}
	defer func() { _ = body.Close() }()

	head, err := io.ReadAll(io.LimitReader(body, excerpt.Max))
	if err != nil {
		return Digest{}, fmt.Errorf("read the bytes: %w", err)
	}
	sum := sha256.New()
	sum.Write(head)
	rest, err := io.Copy(io.MultiWriter(sum, f.progress(ctx, in, pinned.Size)), body)
	if err != nil {
		return Digest{}, fmt.Errorf("read the bytes: %w", err)
	}
	kind := mimetype.Detect(head)
	d := Digest{SHA256: hex.EncodeToString(sum.Sum(nil)), Type: kind.String()}
	if got := int64(len(head)) + rest; got != pinned.Size {
		d.Reason = fmt.Sprintf("%d bytes have arrived, but %d were announced. Upload the file again.", got, pinned.Size)
		return d, nil
	}
	if isText(kind) {
		err = f.Files.Excerpt(ctx, in.OwnerID, in.FileID, excerpt.Of(head))
	}
	return d, err
}

// isText reports whether kind is a text, or a sort of text such as JSON.
func isText(kind *mimetype.MIME) bool {
	for ; kind != nil; kind = kind.Parent() {
		if kind.Is("text/plain") {
			return true
		}
	}
	return false
}

// Picture is what can be told of a picture.
type Picture struct {
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
	Thumbnail bool   `json:"thumbnail"`
	Without   string `json:"without,omitempty"` // why there is no thumbnail
	Reason    string `json:"reason,omitempty"`  // why the file fails
}

// Picture measures the picture at key, the pinned bytes of the file, and stores its
// thumbnail. Owners take turns.
func (f Function) Picture(ctx context.Context, file *files.Uploaded, key, mimeType string) (Picture, error) {
	release, err := f.Turns.Acquire(ctx, file.OwnerID)
	if err != nil {
		return Picture{}, err
	}
	defer release()
	info, thumbnail, thumbnailType, err := f.shrink(ctx, key, mimeType)
	seen := Picture{Width: info.Width, Height: info.Height}
	var damaged *picture.DamagedError
	var beyond *picture.BeyondError
	switch {
	case errors.As(err, &damaged):
		return Picture{Reason: damaged.Reason}, nil
	case errors.As(err, &beyond): // the file is as good as any other
		seen.Without = beyond.Reason
		return seen, nil
	case fault.Is(err, fault.NotFound):
		return Picture{Reason: reasonMissing}, nil
	case err != nil:
		return Picture{}, err
	}
	if err := f.Bucket.Put(ctx, files.ThumbnailKey(file.FileID), bytes.NewReader(thumbnail), int64(len(thumbnail)), thumbnailType); err != nil {
		return Picture{}, err
	}
	// If the file was deleted meanwhile, its thumbnail may have been removed
	// before it was written, and this run is about to be cancelled.
	if _, err := f.Files.Get(ctx, file.OwnerID, file.FileID); fault.Is(err, fault.NotFound) {
		return Picture{}, f.Bucket.Delete(ctx, files.ThumbnailKey(file.FileID))
	}
	seen.Thumbnail = true
	return seen, nil
}

// shrink reads the header of the picture, and if that is in order all of it.
func (f Function) shrink(ctx context.Context, key string, mimeType string) (info picture.Info, thumbnail []byte, thumbnailType string, err error) {
	err = f.read(ctx, key, func(r io.Reader) error {
		info, err = picture.Inspect(ctx, r, mimeType)
		return err
	})
	if err != nil {
		return info, nil, "", err
	}
	err = f.read(ctx, key, func(r io.Reader) error {
		thumbnail, thumbnailType, err = picture.Thumbnail(ctx, r, info)
		return err
	})
	return info, thumbnail, thumbnailType, err
}

func (f Function) read(ctx context.Context, key string, use func(io.Reader) error) error {
	body, err := f.Bucket.Get(ctx, key)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	return use(body)
}
