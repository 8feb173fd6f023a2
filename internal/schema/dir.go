package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// scriptsDir is the folder, beside the HCL files, in which SQL files stand.
const scriptsDir = "sql"

// The files beside the catalog of a program that hold its schema. There is no GeneratedSQL
// if there are no SQL files.
const (
	GeneratedHCL = "schema_gen.hcl"
	GeneratedSQL = "schema_gen.sql"
)

// ReadDir reads the schema in the folder dir. See [ReadFiles].
func ReadDir(dir string) (Source, error) {
	files, err := ReadFiles(dir, filepath.ToSlash(dir))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is no schema in %s: it has files *.hcl, and %s/NNN_name.sql", dir, scriptsDir)
	}
	return Join(files), err
}

// ReadFiles reads dir/*.hcl and then dir/sql/*.sql, in the order of their names. The names that
// it returns begin with shown in place of dir. It passes over seed.sql, Markdown, Go, and what
// begins with a dot. For any other file it returns a *[Error], so that no file is overlooked
// that somebody meant as a part of the schema. A folder that is not there has no files.
func ReadFiles(dir, shown string) ([]File, error) {
	files, problems, err := readFolder(dir, shown, ".hcl")
	if err != nil {
		return nil, err
	}
	scripts, others, err := readFolder(filepath.Join(dir, scriptsDir), path.Join(shown, scriptsDir), ".sql")
	if err != nil {
		return nil, err
	}
	return append(files, scripts...), wrong(append(problems, others...))
}

// ReadGenerated reads the schema that the generator wrote into dir.
func ReadGenerated(dir string) (Source, error) {
	tables, err := os.ReadFile(filepath.Join(dir, GeneratedHCL))
	if err != nil {
		return "", err
	}
	scripts, err := os.ReadFile(filepath.Join(dir, GeneratedSQL))
	if errors.Is(err, fs.ErrNotExist) {
		return Source(tables), nil
	}
	return Source(tables) + "\n" + Source(scripts), err
}

// Split returns the two parts of s that the generator writes into files of their own: the HCL
// files, and the SQL files, "" if there are none. Joined by an empty line they are s again.
func (s Source) Split() (tables, scripts Source) {
	files := s.Files()
	isSQL := func(f File) bool { return f.IsSQL() }
	isHCL := func(f File) bool { return !f.IsSQL() }
	return Join(slices.DeleteFunc(slices.Clone(files), isSQL)), Join(slices.DeleteFunc(files, isHCL))
}

// readFolder reads the files of dir that end in ext, and says what else is there that
// should not be.
func readFolder(dir, shown, ext string) (files []File, problems []Problem, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for _, e := range entries {
		name := path.Join(shown, e.Name())
		switch {
		case path.Ext(name) == ext && !e.IsDir():
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, nil, err
			}
			files = append(files, File{Name: name, Text: string(text)})
		case !isBeside(e, ext):
			problems = append(problems, problemIn(name, 1, "nothing reads this: a schema has files *.hcl, and %s/NNN_name.sql below them", scriptsDir))
		}
	}
	return files, problems, nil
}

// isBeside reports whether e may stand in the folder of the files that end in ext, though
// it is no part of the schema.
func isBeside(e fs.DirEntry, ext string) bool {
	name := e.Name()
	return strings.HasPrefix(name, ".") || slices.Contains([]string{".md", ".go"}, path.Ext(name)) ||
		ext == ".hcl" && slices.Contains([]string{"seed.sql", scriptsDir}, name)
}
