package fresh

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchyard/router/internal/generate/source"
)

// file is a file at one time.
type file struct {
	path string
	// sum is of its content; of one that nothing is generated from, of its being there.
	sum      [sha256.Size]byte
	size     int64
	modified time.Time
}

// same reports whether a file is as it was, and was not changed meanwhile.
func (f file) same(was file) bool {
	return f.sum == was.sum && f.size == was.size && f.modified.Equal(was.modified)
}

// kinds are the ends of the names of files from which something is generated, or which a package
// is compiled from.
func kinds() []string {
	return []string{".go", ".templ", ".hcl", ".sql", ".mod", ".sum", ".work", ".syso", ".h", ".s", ".S", ".sx", "modules.txt"}
}

// walk notes the files of the module in root. What is in other modules below it is theirs.
func (s *State) walk(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := d.Name(); {
		case d.IsDir() && path == root:
		case name == ".git", name == ".switchyard": // what Git keeps, and the data of development
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.IsDir():
			mod := filepath.Join(path, "go.mod")
			if _, err := os.Stat(mod); err == nil {
				s.files[mod] = file{path: mod}
				return fs.SkipDir
			}
		case d.Type()&fs.ModeSymlink != 0:
			return s.link(path)
		default:
			s.files[path] = file{path: path}
		}
		return nil
	})
}

// link notes a link to a file. What is in a folder to which there is a link is not seen; but
// packages of other tools are full of them.
func (s *State) link(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() && !slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "node_modules") {
		return ErrUnknown
	}
	s.files[path] = file{path: path}
	return nil
}

// read reads the files that were noted.
func (s *State) read() error {
	all := make([]file, 0, len(s.files))
	for _, f := range s.files {
		all = append(all, f)
	}
	errs := make([]error, len(all))
	source.Parallel(len(all), func(i int) { errs[i] = all[i].read() })
	for _, f := range all {
		s.files[f.path] = f
	}
	return errors.Join(errs...)
}

func (f *file) read() error {
	ends := func(end string) bool { return strings.HasSuffix(f.path, end) }
	if !slices.ContainsFunc(kinds(), ends) {
		return nil
	}
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a link that leads nowhere; go.work needs no sums
	}
	if err != nil {
		return err
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	if ends(".go") && usesC(text) {
		return ErrUnknown
	}
	f.sum, f.size, f.modified = sha256.Sum256(text), info.Size(), info.ModTime()
	return nil
}
