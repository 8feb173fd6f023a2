package lint_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/generate/lint"
	"switchyard/router/internal/generate/source"
)

// contract stands for what a function needs of the framework.
const contract = `package fn

import "time"

const Public = 1

type Endpoint struct{ MaxAnswer int64 }

type Page struct {
	Route     string
	Access    int
	Timeout   time.Duration
	MaxAnswer int64
	Stream    bool
}
`

// problems returns what is reported about the files of a module: the rules, or for a comment
// its whole message, by file and line.
func problems(t *testing.T, files map[string]string) map[string][]string {
	t.Helper()
	root := t.TempDir()
	all := map[string]string{"go.mod": "module example.com/yard\n\ngo 1.26\n", "shared/fn/fn.go": contract}
	maps.Copy(all, files)
	for name, text := range all {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := source.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	functions, shared, err := m.Scan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	folders := slices.Concat(functions, shared)
	lint.Mark(m, folders)
	if err := m.Load(t.Context(), functions, shared); err != nil {
		t.Fatal(err)
	}
	lint.Check(m, folders)
	got := map[string][]string{}
	for _, p := range source.InOrder(m.Problems) {
		what := p.Message
		if rule := regexp.MustCompile(`\(rule (\w+)\)$`).FindStringSubmatch(what); rule != nil {
			what = rule[1]
		}
		at := p.File + ":" + strconv.Itoa(p.Line)
		got[at] = append(got[at], what)
	}
	return got
}

// wanted returns what the comments `// want …` of files say, by file and line.
func wanted(files map[string]string) map[string][]string {
	want := map[string][]string{}
	for name, text := range files {
		for i, line := range strings.Split(text, "\n") {
			if _, said, ok := strings.Cut(line, "// want "); ok {
				want[name+":"+strconv.Itoa(i+1)] = strings.Split(said, ", ")
			}
		}
	}
	return want
}

func TestRules(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.go.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	files := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSuffix(filepath.Base(name), ".go.txt")
		top := "functions/api/"
		if base == "service" {
			top = "shared/files/"
		}
		files[top+base+"/"+base+".go"] = string(text)
	}
	want := wanted(files)
	maps.Copy(want, ofComments())
	if diff := cmp.Diff(want, problems(t, files)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Of the bad functions that router isolation runs, those are refused that can be seen.
func TestBadFunctions(t *testing.T) {
	t.Parallel()
	files, want := map[string]string{}, map[string][]string{}
	for name, rule := range map[string]string{
		"gopanics": "go", "leak": "go", "maprace": "go", "exits": "exit", "recursion": "", "deadlock": "", "spin": "",
	} {
		text, err := os.ReadFile(filepath.Join("../../isolation/functions/isolation/bad", name, name+".go"))
		if err != nil {
			t.Fatal(err)
		}
		file := "functions/" + name + "/" + name + ".go"
		files[file] = strings.ReplaceAll(string(text), `"switchyard/`, `"example.com/yard/`)
		for i, line := range strings.Split(files[file], "\n") {
			if rule != "" && (strings.Contains(line, "go func") || strings.Contains(line, "os.Exit")) {
				want[file+":"+strconv.Itoa(i+1)] = []string{rule}
			}
		}
	}
	if diff := cmp.Diff(want, problems(t, files)); diff != "" || len(want) != 4 {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The documentation has a row for each rule.
func TestDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../../docs/functions.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(ruleNames, ", ") {
		if !strings.Contains(string(text), "\n| `"+name+"` | ") {
			t.Errorf("docs/functions.md does not explain the rule %s", name)
		}
	}
}

const ruleNames = "go, exit, signal, process, variable, client, sleep, background, file, address, cron, answer"

// ofComments is what is wrong in allowed.go.txt, where no comment can say so.
func ofComments() map[string][]string {
	const stale, file = "nothing breaks the rule %s in line %d: remove the comment", "functions/api/allowed/allowed.go:"
	return map[string][]string{
		file + "11": {fmt.Sprintf(stale, "variable", 12)},
		file + "19": {fmt.Sprintf(stale, "go", 20)},
		file + "21": {"go"},
		file + "22": {fmt.Sprintf(stale, "go", 22), "exit"},
		file + "23": {"exit", "say why that may be: //switchyard:allow exit reason"},
		file + "24": {"there is no rule crun: do you mean cron?", "cron"},
		file + "25": {"there is no rule: there are " + ruleNames, "cron"},
		file + "26": {"there is no comment //switchyard:forbid: there is //switchyard:allow RULE reason", "cron"},
		file + "28": {"exit"},
	}
}

// Nobody is told of what is not the project's, is generated, or is there for tests.
func TestExempt(t *testing.T) {
	t.Parallel()
	const bad = "\n\nimport \"os\"\n\nvar Count int\n\nfunc F() { Count++; os.Exit(1) }\n"
	got := problems(t, map[string]string{
		"shared/db/db.go":                       "package db" + bad, // the framework's, in its own module
		"shared/files/a/a_gen.go":               "// Code generated by hand. DO NOT EDIT.\n\npackage a" + bad,
		"shared/files/b/b_test.go":              "package b" + bad,
		"shared/files/b/b.go":                   "package b\n",
		"shared/files/filestest/filestest.go":   "package filestest" + bad,
		"functions/api/x/x.go":                  "package x\n\nimport \"example.com/yard/functions/api/x/internal/y\"\n\nvar _ = y.Count\n",
		"functions/api/x/internal/y/y.go":       "package y" + bad,
		"functions/api/x/testdata/notreally.go": "package z" + bad,
	})
	want := map[string][]string{"functions/api/x/internal/y/y.go:5": {"variable"}, "functions/api/x/internal/y/y.go:7": {"exit"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
