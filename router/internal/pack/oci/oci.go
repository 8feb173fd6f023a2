// Package oci writes container images in the image layout of the Open Container Initiative:
// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
package oci

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// Image is a program to be put into a container image.
type Image struct {
	Name    string // what it is called in its annotations
	Version string // what it was built from; its tag as well
	// Programs are statically linked programs for Linux, by Go's name of their
	// architecture. Of more than one an image for several architectures is made.
	Programs map[string]string
	// Zones is the file of Go's toolchain that holds the time zones:
	// $GOROOT/lib/time/zoneinfo.zip.
	Zones string
}

// Write writes an image to dir, as a layout that tools copy to a registry without Docker. It
// replaces an image that is there. It returns the image's digest, "sha256:…". The same
// programs make the same image.
//
// The image holds the program, Mozilla's certificate authorities, the time zones, and an
// empty /tmp; no shell, nor anything else. The program runs
// without privileges, as the user 65532.
func Write(dir string, i Image) (string, error) {
	l := layout(dir)
	if err := os.RemoveAll(filepath.Join(dir, blobs)); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Join(dir, blobs), 0o755); err != nil {
		return "", err
	}
	base, err := baseFiles(i.Zones)
	if err != nil {
		return "", err
	}
	shared, err := l.layer(base)
	if err != nil {
		return "", err
	}
	var manifests []v1.Descriptor
	for _, arch := range slices.Sorted(maps.Keys(i.Programs)) {
		m, err := l.manifest(i, arch, shared)
		if err != nil {
			return "", err
		}
		manifests = append(manifests, m)
	}
	top := manifests[0]
	if len(manifests) > 1 {
		if top, err = l.put(v1.MediaTypeImageIndex, indexOf(manifests...)); err != nil {
			return "", err
		}
	}
	top.Annotations = map[string]string{v1.AnnotationRefName: i.Version}
	return top.Digest.String(), l.finish(top)
}

func indexOf(manifests ...v1.Descriptor) v1.Index {
	return v1.Index{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageIndex, Manifests: manifests,
	}
}

// entrypoint is the file of the program in the image.
const entrypoint = "bootstrap"

// blobs is the folder of a layout for everything that has a digest.
const blobs = "blobs/sha256"

// layout is the folder of an image.
type layout string

// finish writes what makes the folder a layout, last of all.
func (l layout) finish(top v1.Descriptor) error {
	for name, v := range map[string]any{
		v1.ImageLayoutFile: v1.ImageLayout{Version: v1.ImageLayoutVersion},
		v1.ImageIndexFile:  indexOf(top),
	} {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(string(l), name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// manifest writes the image of one architecture: its program on top of the shared layer.
func (l layout) manifest(i Image, arch string, shared diff) (v1.Descriptor, error) {
	program, err := os.ReadFile(i.Programs[arch])
	if err != nil {
		return v1.Descriptor{}, err
	}
	own, err := l.layer([]file{{name: entrypoint, mode: 0o555, content: program}})
	if err != nil {
		return v1.Descriptor{}, err
	}
	epoch := time.Unix(0, 0).UTC()
	platform := v1.Platform{Architecture: arch, OS: "linux"}
	config, err := l.put(v1.MediaTypeImageConfig, v1.Image{
		Created: &epoch, Platform: platform,
		Config: v1.ImageConfig{
			User: "65532:65532", Entrypoint: []string{"/" + entrypoint}, WorkingDir: "/",
			ExposedPorts: map[string]struct{}{"8080/tcp": {}},
			Env:          []string{"PATH=/", "SSL_CERT_FILE=" + "/" + rootsFile},
			Labels:       i.annotations(),
			StopSignal:   "SIGTERM",
		},
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []digest.Digest{shared.id, own.id}},
		History: []v1.History{
			{Created: &epoch, CreatedBy: "certificate authorities and time zones"},
			{Created: &epoch, CreatedBy: "the program"},
		},
	})
	if err != nil {
		return v1.Descriptor{}, err
	}
	m, err := l.put(v1.MediaTypeImageManifest, v1.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest,
		Config: config, Layers: []v1.Descriptor{shared.blob, own.blob}, Annotations: i.annotations(),
	})
	m.Platform = &platform
	return m, err
}

func (i Image) annotations() map[string]string {
	return map[string]string{v1.AnnotationTitle: i.Name, v1.AnnotationRevision: i.Version}
}

// diff is a layer: its blob, and the digest of its files before they were compressed.
type diff struct {
	blob v1.Descriptor
	id   digest.Digest
}

// layer writes files as a layer.
func (l layout) layer(files []file) (diff, error) {
	var compressed bytes.Buffer
	plain := sha256.New()
	z := gzip.NewWriter(&compressed)
	if err := writeTar(io.MultiWriter(z, plain), files); err != nil {
		return diff{}, err
	}
	if err := z.Close(); err != nil {
		return diff{}, err
	}
	blob, err := l.blob(v1.MediaTypeImageLayerGzip, compressed.Bytes())
	return diff{blob: blob, id: digest.NewDigest(digest.SHA256, plain)}, err
}

// put writes v as a blob of JSON.
func (l layout) put(mediaType string, v any) (v1.Descriptor, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return v1.Descriptor{}, err
	}
	return l.blob(mediaType, text)
}

func (l layout) blob(mediaType string, content []byte) (v1.Descriptor, error) {
	d := v1.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(content), Size: int64(len(content))}
	name := filepath.Join(string(l), blobs, d.Digest.Encoded())
	if err := os.WriteFile(name, content, 0o644); err != nil {
		return v1.Descriptor{}, fmt.Errorf("write a blob of the image: %w", err)
	}
	return d, nil
}
