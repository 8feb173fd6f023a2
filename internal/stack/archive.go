package stack

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// passwordEntry is the last entry of an archive, so that one which has it is complete.
const passwordEntry = "postgres.password"

// archive returns where an empty cluster is kept among the temporary files, or is to be kept,
// from which those after it are unpacked; "" for nowhere. To unpack one takes a tenth of the
// processor time that initdb takes. It is one file, so that whatever cleans the folder up
// leaves all of it or nothing.
func (c *cluster) archive(ctx context.Context) string {
	if c.durable {
		return ""
	}
	version, err := c.version(ctx)
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("switchyard-postgres-%d", os.Geteuid()))
	if err != nil || makeOwn(dir) != nil { // makeOwn fails if somebody else has made it
		return ""
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "%s %q %q", version, locales(), initdbFlags()))
	return filepath.Join(dir, fmt.Sprintf("%x.tar", hash[:8]))
}

// pack keeps the cluster in the folder dir as the archive.
func (c *cluster) pack(dir, archive string) error {
	f, err := os.CreateTemp(filepath.Dir(archive), "*.new")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // which is not there any more if all went well
	w := tar.NewWriter(f)
	err = w.AddFS(os.DirFS(dir))
	if err == nil {
		err = w.WriteHeader(&tar.Header{Name: passwordEntry, Mode: 0o600, Size: int64(len(c.password))})
	}
	if err == nil {
		_, err = io.WriteString(w, c.password)
	}
	if err := errors.Join(err, w.Close(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), archive)
}

// unpack makes the folder dir, with the cluster of the archive, and learns its password.
func (c *cluster) unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := c.clear(dir); err != nil {
		return err
	}
	for r := tar.NewReader(f); ; {
		entry, err := r.Next()
		if err != nil {
			return err
		}
		if entry.Name == passwordEntry {
			password, err := io.ReadAll(r)
			c.password = string(password)
			return err
		}
		if err := c.extract(filepath.Join(dir, filepath.FromSlash(entry.Name)), entry.FileInfo().Mode(), r); err != nil {
			return err
		}
	}
}

// extract makes a file with the content, or a folder.
func (c *cluster) extract(path string, mode os.FileMode, content io.Reader) error {
	if mode.IsDir() {
		return errors.Join(os.Mkdir(path, mode.Perm()), c.user.own(path))
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode.Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close(), c.user.own(path))
}
