package oci_test

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"switchyard/router/internal/pack/oci"
)

// probe is a program that needs what an image has to offer.
const probe = `package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"time"
)

func main() {
	pool, err := x509.SystemCertPool()
	_, zone := time.LoadLocation("Europe/Paris")
	fmt.Println(err, !pool.Equal(x509.NewCertPool()), zone, os.WriteFile("/tmp/written", nil, 0o600), os.Getuid())
}
`

// build builds the probe for Linux on this processor.
func build(t *testing.T) (program string) {
	t.Helper()
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	write(t, source, probe)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", program, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func zones(t *testing.T) string {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip")
}

// read reads a blob of an image into v, and checks it against its descriptor.
func read(t *testing.T, dir string, d v1.Descriptor, v any) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "blobs", "sha256", d.Digest.Encoded()))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != d.Digest.Encoded() || int64(len(content)) != d.Size {
		t.Errorf("%s is another one", d.Digest)
	}
	if err := json.Unmarshal(content, v); err != nil {
		t.Fatal(err)
	}
}

func TestImageForOneArchitectureRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	image := oci.Image{Name: "shop", Version: "0123abcd", Programs: map[string]string{runtime.GOARCH: build(t)}, Zones: zones(t)}
	digest, err := oci.Write(dir, image)
	if err != nil {
		t.Fatal(err)
	}
	index := top(t, dir)
	d := index.Manifests[0]
	if d.Digest.String() != digest || d.Platform.Architecture != runtime.GOARCH || d.Annotations[v1.AnnotationRefName] != "0123abcd" {
		t.Errorf("the index has %+v, want %s", d, digest)
	}
	var m v1.Manifest
	read(t, dir, d, &m)
	var config v1.Image
	read(t, dir, m.Config, &config)
	root := t.TempDir()
	var diffs []string
	for _, layer := range m.Layers {
		diffs = append(diffs, unpack(t, filepath.Join(dir, "blobs", "sha256", layer.Digest.Encoded()), root))
	}
	var want []string
	for _, id := range config.RootFS.DiffIDs {
		want = append(want, id.Encoded())
	}
	if diff := cmp.Diff(want, diffs); diff != "" {
		t.Errorf("the layers (-want +got):\n%s", diff)
	}
	if syscall.Geteuid() != 0 {
		t.Log("only root can run the program inside of its image")
		return
	}
	cmd := exec.CommandContext(t.Context(), config.Config.Entrypoint[0])
	cmd.Env, cmd.Dir = config.Config.Env, config.Config.WorkingDir
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	out, err := cmd.CombinedOutput()
	if want := "<nil> true <nil> <nil> 65532\n"; string(out) != want || err != nil {
		t.Errorf("in the image it says %q (%v), want %q", out, err, want)
	}
}

func TestImageForTwoArchitectures(t *testing.T) {
	t.Parallel()
	image := oci.Image{Name: "shop", Version: "0123abcd", Programs: map[string]string{}, Zones: zones(t)}
	for _, arch := range []string{"amd64", "arm64"} { // nothing looks into a program
		image.Programs[arch] = filepath.Join(t.TempDir(), arch)
		write(t, image.Programs[arch], "for "+arch)
	}
	dir, again := t.TempDir(), t.TempDir()
	digest, err := oci.Write(dir, image)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := oci.Write(again, image); second != digest || err != nil {
		t.Errorf("the second time it is %s: %v", second, err)
	}
	outer := top(t, dir)
	if outer.Manifests[0].Digest.String() != digest {
		t.Errorf("the index has %s, want %s", outer.Manifests[0].Digest, digest)
	}
	var index v1.Index
	read(t, dir, outer.Manifests[0], &index)
	var archs []string
	layers := map[string]int{}
	for _, d := range index.Manifests {
		var m v1.Manifest
		read(t, dir, d, &m)
		var config v1.Image
		read(t, dir, m.Config, &config)
		archs = append(archs, d.Platform.Architecture)
		if config.Architecture != d.Platform.Architecture {
			t.Errorf("the image for %s is for %s", d.Platform.Architecture, config.Architecture)
		}
		for _, layer := range m.Layers {
			layers[layer.Digest.Encoded()]++
		}
	}
	if diff := cmp.Diff([]string{"amd64", "arm64"}, archs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(layers) != 3 {
		t.Errorf("there are %d layers, want one that both share and two of their own", len(layers))
	}
	blobs, err := os.ReadDir(filepath.Join(dir, "blobs", "sha256"))
	if err != nil || len(blobs) != 8 {
		t.Errorf("there are %d blobs, want 3 layers, 2 configurations, 2 manifests and the index: %v", len(blobs), err)
	}
}

// top reads the layout's own index.
func top(t *testing.T, dir string) v1.Index {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index v1.Index
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	if len(index.Manifests) != 1 {
		t.Fatalf("there are %d images, want 1", len(index.Manifests))
	}
	return index
}

// unpack unpacks a layer, and returns the digest of what is in it.
func unpack(t *testing.T, blob, root string) string {
	t.Helper()
	f, err := os.Open(blob)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	plain := io.TeeReader(z, sum)
	r := tar.NewReader(plain)
	var names []string
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() != 0 || h.Uid != 0 || !filepath.IsLocal(h.Name) {
			t.Errorf("%s is of %s and %d", h.Name, h.ModTime, h.Uid)
		}
		names = append(names, h.Name)
		extract(t, h, r, filepath.Join(root, filepath.FromSlash(h.Name)))
	}
	if !slices.IsSorted(names) {
		t.Error("the files are in no order")
	}
	if _, err := io.Copy(io.Discard, plain); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func extract(t *testing.T, h *tar.Header, r io.Reader, name string) {
	t.Helper()
	mode := h.FileInfo().Mode()
	if mode.IsDir() {
		if err := errors.Join(os.MkdirAll(name, 0o755), os.Chmod(name, mode)); err != nil {
			t.Fatal(err)
		}
		return
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode.Perm())
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(f, r)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
