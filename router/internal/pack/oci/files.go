package oci

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// file is a file of an image.
type file struct {
	name    string // without a slash before it; of a folder with one after it
	mode    int64
	content []byte
}

const (
	rootsFile = "etc/ssl/certs/ca-certificates.crt"
	zonesDir  = "usr/share/zoneinfo/"
)

// baseFiles are the files of every image but for its program.
func baseFiles(zones string) ([]file, error) {
	files := []file{
		{name: "tmp/", mode: 0o1777},
		{name: "etc/passwd", mode: 0o444, content: []byte("nonroot:x:65532:65532::/:/sbin/nologin\n")},
		{name: "etc/group", mode: 0o444, content: []byte("nonroot:x:65532:\n")},
		{name: rootsFile, mode: 0o444, content: roots()},
	}
	r, err := zip.OpenReader(zones)
	if err != nil {
		return nil, fmt.Errorf("open the time zones of Go's toolchain: %w", err)
	}
	defer r.Close()
	for _, f := range r.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		content, err := readZone(f)
		if err != nil {
			return nil, fmt.Errorf("read the time zone %s: %w", f.Name, err)
		}
		files = append(files, file{name: zonesDir + f.Name, mode: 0o444, content: content})
	}
	return files, nil
}

func readZone(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// roots returns the certificate authorities that Mozilla trusts without conditions: a
// file of certificates cannot state conditions.
func roots() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return b.Bytes()
}

// writeTar writes files, and the folders they are in, in the order of their names, with
// nothing in it that depends on when or by whom it is written.
func writeTar(w io.Writer, files []file) error {
	t := tar.NewWriter(w)
	for _, f := range withFolders(files) {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.content)),
			ModTime: time.Unix(0, 0), Format: tar.FormatPAX,
		}
		if strings.HasSuffix(f.name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := t.WriteHeader(header); err != nil {
			return err
		}
		if _, err := t.Write(f.content); err != nil {
			return err
		}
	}
	return t.Close()
}

func withFolders(files []file) []file {
	all := slices.Clone(files)
	known := map[string]bool{"./": true}
	for _, f := range files {
		known[f.name] = true
	}
	for _, f := range files {
		for dir := path.Dir(strings.TrimSuffix(f.name, "/")); !known[dir+"/"]; dir = path.Dir(dir) {
			known[dir+"/"] = true
			all = append(all, file{name: dir + "/", mode: 0o755})
		}
	}
	slices.SortFunc(all, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return all
}
