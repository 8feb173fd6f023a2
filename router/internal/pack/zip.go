package pack

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/flate"
)

// bootstrap is the file that Lambda runs.
const bootstrap = "bootstrap"

// level is how hard a program is compressed. The best takes seven times as long, or with the
// standard library twenty times, for a package that is one hundredth smaller.
const level = 7

// writeZip makes a zip with the program binary in it, in one step. Nothing in it but the
// program says when, where or by whom it was made.
func writeZip(name, binary string) (sum string, size int64, err error) {
	source, err := os.Open(binary)
	if err != nil {
		return "", 0, err
	}
	defer source.Close()
	file, err := os.CreateTemp(filepath.Dir(name), ".zip-*")
	if err != nil {
		return "", 0, err
	}
	defer os.Remove(file.Name()) // fails, as it should, once renamed
	hash := sha256.New()
	err = compress(io.MultiWriter(file, hash), source)
	if err == nil {
		size, err = file.Seek(0, io.SeekCurrent)
	}
	if err := errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(hash.Sum(nil)), size, os.Rename(file.Name(), name)
}

func compress(w io.Writer, program io.Reader) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, level)
	})
	header := &zip.FileHeader{
		Name:     bootstrap,
		Method:   zip.Deflate,
		Modified: time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC), // the first that a zip can tell
	}
	header.SetMode(0o755)
	entry, err := z.CreateHeader(header)
	if err == nil {
		_, err = io.Copy(entry, program)
	}
	return errors.Join(err, z.Close())
}
