package generate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

// origin is a module whose source is read: the project's own, that of the framework, and
// those that lend functions.
type origin struct {
	root string // absolute
	path string
}

// own reports whether o is the project's.
func (m *module) own(o *origin) bool { return o.path == m.path }

// found is where the go command finds a package.
type found struct {
	ImportPath string
	Dir        string
	Module     *struct{ Path, Dir string }
	Error      *struct{ Err string }
}

// find asks the go command where packages are. It answers for each path.
func (m *module) find(ctx context.Context, paths []string) (map[string]found, error) {
	args := append([]string{"list", "-e", "-find", "-json=ImportPath,Dir,Module,Error", "--"}, paths...)
	cmd := exec.CommandContext(ctx, "go", args...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = m.root, &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("look for the packages of other modules: %w\n%s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	all := map[string]found{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var f found
		switch err := dec.Decode(&f); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("read the answer of go list: %w", err)
		}
		all[f.ImportPath] = f
	}
}

// originOf returns the module that f is in, which is read from then on.
func (m *module) originOf(f found) *origin {
	for _, o := range m.origins {
		if o.path == f.Module.Path {
			return o
		}
	}
	o := &origin{root: f.Module.Dir, path: f.Module.Path}
	m.origins = append(m.origins, o)
	return o
}

// within returns the path of a file below the root of o, with slashes, or false.
func (o *origin) within(file string) (string, bool) {
	rel, err := filepath.Rel(o.root, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}
