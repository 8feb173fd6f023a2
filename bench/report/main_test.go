package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/bench/product/result"
)

// The page, its charts and the README are what the command makes of the committed results.
func TestFresh(t *testing.T) {
	t.Parallel()
	const root = "../.."
	files := made(t, "../product/results.json", root)
	for name, want := range files {
		have, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, want) {
			t.Errorf("%s is not what bench/product/results.json says: run go -C bench run ./report", name)
		}
	}
	pictures, err := filepath.Glob(filepath.Join(root, charts, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pictures {
		if files[charts+"/"+filepath.Base(path)] == nil {
			t.Errorf("%s is a chart of nothing that was measured: run go -C bench run ./report", path)
		}
	}
}

// What the page says of results that leave much to be said.
func TestPage(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	text := "# A project\n\n<!-- the ratios: make bench writes them -->\nold\n<!-- the end of the ratios -->\nThe rest.\n"
	if err := os.WriteFile(filepath.Join(root, readme), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	files := made(t, "testdata/results.json", root)
	for _, want := range []string{
		"Of 3 [targets](#the-targets) 1 were met.",
		"| Hono, bare | 1.10 (0.91) |",
		"- **fiber**: Ping (1.47 to our 0.65; CPU 0.68 to our 1.54",
		"One row (0.80 to our 0.76, within the noise; CPU 1.25 to our 1.32",
		"| start, ms | 34 | 80 | 382 | – |",
		"Not measured in this run: 5,000 functions: a build takes longer than the run may.",
		"| Switchyard | start to first answer, ms | at most 30 | 30.04 | **missed** |",
		"![Page of 20 rows, requests a second: Switchyard 1.71, gin 1.07,",
		"- SSE for 10,000 clients",
	} {
		if !strings.Contains(string(files[page]), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if got := string(files[readme]); strings.Contains(got, "old") || !strings.HasSuffix(got, "The rest.\n") {
		t.Errorf("README.md is\n%s", got)
	}
	for name, content := range files {
		if strings.HasSuffix(name, ".svg") && (len(content) > 16<<10 || !bytes.HasPrefix(content, []byte("<svg "))) {
			t.Errorf("%s is no small picture: %d bytes", name, len(content))
		}
	}
}

// Without its marks the README is refused rather than lost.
func TestMarks(t *testing.T) {
	t.Parallel()
	if _, err := between([]byte("# A project\n"), nil); err == nil {
		t.Error("a README without marks was taken")
	}
}

// made returns the files twice made, which must be the same.
func made(t *testing.T, results, root string) map[string][]byte {
	t.Helper()
	r, err := result.Read(results)
	if err != nil {
		t.Fatal(err)
	}
	files, err := makeFiles(r, root)
	if err != nil {
		t.Fatal(err)
	}
	again, err := makeFiles(r, root)
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		if !bytes.Equal(files[name], again[name]) {
			t.Errorf("%s is another one each time", name)
		}
	}
	return files
}
