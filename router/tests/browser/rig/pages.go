package rig

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// Page is a page of the catalog that has an address of its own.
type Page struct {
	Name   string // without the folder of pages, for file names: "files-home"
	Path   string
	Access string // as the router calls it: public, signed-in
}

// Pages returns the pages of the product that a browser can go to, given no more than their
// path.
func Pages(t *testing.T) []Page {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "run", "./router", "functions", "--json", "--only", "pages/**")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list the pages: %v", err)
	}
	var functions []struct{ Name, Route, Access string }
	if err := json.Unmarshal(out, &functions); err != nil {
		t.Fatalf("list the pages: %v", err)
	}
	var pages []Page
	for _, f := range functions {
		path := strings.TrimSuffix(strings.TrimPrefix(f.Route, "GET "), "{$}")
		if strings.HasPrefix(path, "/") && !strings.Contains(path, "{") && (path == "/" || !strings.HasSuffix(path, "/")) {
			name := strings.ReplaceAll(strings.TrimPrefix(f.Name, "pages/"), "/", "-")
			pages = append(pages, Page{Name: name, Path: path, Access: f.Access})
		}
	}
	return pages
}
