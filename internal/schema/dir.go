package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// scriptsDir is the folder, beside the HCL files, in which SQL files stand.
const scriptsDir = "sql"

// ReadDir reads the schema in the folder dir: dir/*.hcl and dir/sql/*.sql, in the order of
// their names, which have dir before them. Other files are not read if a schema may
// have them beside it: seed.sql, Markdown and those whose names begin with a dot. All else
// is an error, so that nothing that somebody meant is passed over.
func ReadDir(dir string) (Source, error) {
	files, problems, err := readFolder(dir, ".hcl")
	if err != nil {
		return "", err
	}
	scripts, others, err := readFolder(filepath.Join(dir, scriptsDir), ".sql")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if len(files)+len(scripts)+len(problems) == 0 {
		return "", fmt.Errorf("there is no schema in %s: it has files *.hcl, and sql/NNN_name.sql", dir)
	}
	return Join(append(files, scripts...)), wrong(append(problems, others...))
}

// readFolder reads the files of dir that end in ext, and says what else is there that
// should not be.
func readFolder(dir, ext string) (files []File, problems []Problem, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		shown := filepath.ToSlash(name)
		switch {
		case filepath.Ext(name) == ext && e.Name() != "seed.sql" && !e.IsDir():
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, nil, err
			}
			files = append(files, File{Name: shown, Text: string(text)})
		case !isBeside(e, ext):
			problems = append(problems, problemIn(shown, 1, "nothing reads this: a schema has files *.hcl, and %s/NNN_name.sql below them", scriptsDir))
		}
	}
	return files, problems, nil
}

// isBeside reports whether e may stand in the folder of the files that end in ext, though
// it is no part of the schema.
func isBeside(e fs.DirEntry, ext string) bool {
	name := e.Name()
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".md") ||
		ext == ".hcl" && slices.Contains([]string{"seed.sql", scriptsDir}, name)
}
