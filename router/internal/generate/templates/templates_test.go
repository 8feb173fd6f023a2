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

func of(classes ...any) string { return templ.CSSClasses(classes).String() }

templ page(n int, templfast string) {
	<p class={ templfast }>{ strconv.Itoa(n) } { templfast }</p>
	<p class={ "a", templ.KV("b", n > 1) } title={ templfast }>
		{ of(
			templ.CSSClasses{"c"}.String(),
		) }
		{ n }, templ.JoinStringErrs(n)
		{ templ.JoinStringErrs(n) }
	</p>
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
			"import templ_7745c5c3_Fast \"switchyard/shared/ui/templfast\"\n": 1,
			"= templ_7745c5c3_Fast.Text(strconv.Itoa(n))":                     1,
			"= templ_7745c5c3_Fast.Text(templfast)":                           1,
			"= templ_7745c5c3_Fast.Text(n)":                                   1,
			"= templ_7745c5c3_Fast.Text(of(":                                  1,
			"= templ_7745c5c3_Fast.Text(templ.JoinStringErrs(n))":             1,
			"(templ_7745c5c3_Fast.Classes(templ_7745c5c3_Var":                 2,
			"templ.JoinStringErrs(n)":                                         2, // and a text
			"templ.JoinStringErrs(":                                           2,
			"{ return templ.CSSClasses(classes).String() }":                   1,
			"CSSClasses(": 1,
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
