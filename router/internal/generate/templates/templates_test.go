package templates_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/router/internal/generate/templates"
)

// The Go file of a template calls templfast where templ's own is slow, and only there.
func TestWrite(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/shop\n\ngo 1.26\n",
		"plain.templ": `package shop

templ plain() {
	<code>templ.JoinStringErrs(x)</code>
}
`,
		"page.templ": `package shop

import "strconv"

templ page(n int, name string, classes []string) {
	<p class={ name }>{ strconv.Itoa(n) } { name }</p>
	<p class={ "a", templ.KV("b", n > 1) } title={ name }>{ n }, templ.JoinStringErrs(name)</p>
}
`,
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	result, err := templates.Write(root, false)
	if err != nil || len(result.Problems) > 0 {
		t.Fatalf("got %v, %v", result.Problems, err)
	}
	for file, counts := range map[string]map[string]int{
		"plain_templ.go": {"templfast": 0, "templ.JoinStringErrs(": 1},
		"page_templ.go": {
			"import \"switchyard/shared/ui/templfast\"\n":     1,
			"templfast.Text(strconv.Itoa(n))":                 1,
			"templfast.Text(name)":                            1,
			"templfast.Text(n)":                               1,
			"templfast.Classes(templ_":                        2,
			"CSSClasses":                                      0,
			"templ.JoinStringErrs(":                           1, // a text of the page
			"templ.JoinStringErrs(name)</p>":                  1,
			"templruntime.NewAttributeExpression(templfast.C": 2,
		},
	} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		for piece, want := range counts {
			if got := strings.Count(string(text), piece); got != want {
				t.Errorf("%s has %q %d times, want %d:\n%s", file, piece, got, want, text)
			}
		}
	}
	if again, err := templates.Write(root, true); err != nil || len(again.Changed) > 0 {
		t.Errorf("then changes %v, %v", again.Changed, err)
	}
}
