package adopt

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"switchyard/internal/schema"
)

// by ends the first line of a file that Write has written, before the digest of the rest.
const by = " Adopted by router migrate --adopt, and yours to edit. As it was written: "

// ExistsError is the refusal to overwrite files. None was written.
type ExistsError struct{ Files []string }

// Error names the files.
func (e *ExistsError) Error() string {
	return fmt.Sprintf("%s: there is something in it already, which would be lost: move it away, or adopt into another folder with --schema DIR. Nothing was written",
		strings.Join(e.Files, ", "))
}

// save writes files into the folder dir, and returns their paths.
func save(dir string, files []schema.File) (wrote []string, err error) {
	var taken []string
	for _, f := range files {
		name := filepath.Join(dir, f.Name)
		free, err := isFree(name)
		if err != nil {
			return nil, err
		}
		if !free {
			taken = append(taken, name)
		}
	}
	if taken != nil {
		return nil, &ExistsError{Files: taken}
	}
	for _, f := range files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // source code, which everybody may read
			return nil, err
		}
		if err := os.WriteFile(name, []byte(signed(f)), 0o644); err != nil { //nolint:gosec // as above
			return nil, err
		}
		wrote = append(wrote, name)
	}
	return wrote, nil
}

// signed returns the text of f after a line with its digest.
func signed(f schema.File) string {
	comment := "//"
	if strings.HasSuffix(f.Name, ".sql") {
		comment = "--"
	}
	return comment + by + digest(f.Text) + "\n" + f.Text
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// isFree reports whether nothing is lost if the file is overwritten: it is not there, says
// nothing, or is as Write has left it.
func isFree(name string) (bool, error) {
	b, err := os.ReadFile(name) //nolint:gosec // the operator names the folder
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	first, rest, _ := strings.Cut(string(b), "\n")
	if _, sum, ok := strings.Cut(first, by); ok && sum == digest(rest) {
		return true, nil
	}
	if strings.HasSuffix(name, ".sql") {
		return strings.TrimSpace(string(b)) == "", nil
	}
	file, diags := hclsyntax.ParseConfig(b, name, hcl.InitialPos)
	if diags.HasErrors() {
		return false, nil
	}
	for _, block := range file.Body.(*hclsyntax.Body).Blocks {
		if block.Type != "schema" {
			return false, nil
		}
	}
	return true, nil
}
