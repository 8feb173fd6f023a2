// Command report makes docs/performance.md, its charts and the table of the README of
// what command product has found. It measures nothing: the same results make the same
// bytes.
//
//	go run ./product -quick && go run ./report
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"switchyard/bench/product/result"
)

func main() {
	in := flag.String("in", "product/results.json", "the results")
	root := flag.String("root", "..", "the repository, whose docs and README are written")
	flag.Parse()
	if err := run(*in, *root); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(in, root string) error {
	r, err := result.Read(in)
	if err != nil {
		return err
	}
	files, err := makeFiles(r, root)
	if err != nil {
		return err
	}
	// Charts of works and curves that are no longer measured go.
	if err := os.RemoveAll(filepath.Join(root, charts)); err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// The files that are written, below the repository's root.
const (
	page   = "docs/performance.md"
	charts = "docs/performance"
	readme = "README.md"
)

// makeFiles returns the content of each file by its path below root. Of the README what
// stands between the two marks is replaced.
func makeFiles(r *result.Results, root string) (map[string][]byte, error) {
	v := newView(r)
	files, err := v.charts()
	if err != nil {
		return nil, err
	}
	if files[page], err = render("performance.md.tmpl", v); err != nil {
		return nil, err
	}
	table, err := render("readme.md.tmpl", v)
	if err != nil {
		return nil, err
	}
	old, err := os.ReadFile(filepath.Join(root, readme))
	if err != nil {
		return nil, err
	}
	files[readme], err = between(old, table)
	return files, err
}

// between puts text between the marks of the README.
func between(old, text []byte) ([]byte, error) {
	const first, last = "<!-- the ratios: make bench writes them -->\n", "<!-- the end of the ratios -->\n"
	head, rest, ok := bytes.Cut(old, []byte(first))
	_, tail, ended := bytes.Cut(rest, []byte(last))
	if !ok || !ended {
		return nil, fmt.Errorf("%s lacks the lines %q and %q, between which the ratios stand", readme, first, last)
	}
	return bytes.Join([][]byte{head, []byte(first), text, []byte(last), tail}, nil), nil
}
