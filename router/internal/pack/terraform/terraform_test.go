package terraform_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"switchyard/router/internal/pack/packtest"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/pack/terraform"
)

func TestTerraform(t *testing.T) {
	t.Parallel()
	for name, p := range packtest.Plans() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := terraform.Module(p)
			if err != nil {
				t.Fatal(err)
			}
			for file, text := range files {
				packtest.Golden(t, name+"/"+file, text)
			}
			old, err := filepath.Glob("testdata/" + name + "/*")
			if err != nil || len(old) != len(files) {
				t.Errorf("testdata has %d files, and there are %d: %v", len(old), len(files), err)
			}
			checkFormat(t, files)
			checkModule(t, p, files)
		})
	}
}

// TestCatalog describes this project's own functions.
func TestCatalog(t *testing.T) {
	t.Parallel()
	for name, p := range packtest.Catalog(t, plan.Lambda) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := terraform.Module(p)
			if err != nil {
				t.Fatal(err)
			}
			checkFormat(t, files)
			checkModule(t, p, files)
		})
	}
}

// checkFormat asks terraform, if there is one, whether it would change a file, and
// whether what it can validate by itself is valid.
func checkFormat(t *testing.T, files map[string][]byte) {
	t.Helper()
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		t.Log("there is no terraform on the PATH: the files are compared with what hclwrite formats")
		for name, text := range files {
			if !bytes.Equal(hclwrite.Format(text), text) {
				t.Errorf("%s is not formatted", name)
			}
		}
		return
	}
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), terraform, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CHECKPOINT_DISABLE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("terraform %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	run(dir, "fmt", "-check", "-diff", "-no-color")
	// Of what needs no provider, for which a registry would be asked, there are the variables.
	alone := t.TempDir()
	if err := os.WriteFile(filepath.Join(alone, "variables.tf"), files["variables.tf"], 0o600); err != nil {
		t.Fatal(err)
	}
	run(alone, "init", "-backend=false", "-no-color")
	run(alone, "validate", "-no-color")
}

// checkModule wants every reference of a module to lead somewhere, and secrets to be
// read from the secret.
func checkModule(t *testing.T, p plan.Plan, files map[string][]byte) {
	t.Helper()
	declared := map[string]bool{"path.module": true}
	var bodies []*hclsyntax.Body
	for name, text := range files {
		f, problems := hclparse.NewParser().ParseHCL(text, name)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		body := f.Body.(*hclsyntax.Body)
		bodies = append(bodies, body)
		for _, b := range body.Blocks {
			for _, address := range declares(b) {
				if declared[address] {
					t.Errorf("%s: %s is declared twice", name, address)
				}
				declared[address] = true
			}
		}
	}
	v := &references{to: map[string]bool{}}
	for _, b := range bodies {
		if problems := hclsyntax.Walk(b, v); problems.HasErrors() {
			t.Error(problems)
		}
	}
	for _, address := range slices.Sorted(maps.Keys(v.to)) {
		if !declared[address] {
			t.Errorf("%s is not declared", address)
		}
	}
	for _, u := range p.Units {
		text := string(files["lambda_"+strings.ReplaceAll(u.Name, "-", "_")+".tf"])
		for _, use := range u.Vars {
			_, rest, found := strings.Cut(text, " "+use.Name+" ")
			line, _, _ := strings.Cut(rest, "\n")
			if found && use.Secret && !strings.Contains(line, "local.secrets") {
				t.Errorf("%s: %s is %s, want it to be read from the secret", u.Name, use.Name, line)
			}
		}
	}
}

// declares returns the addresses by which others refer to a block of the top level.
func declares(b *hclsyntax.Block) []string {
	switch b.Type {
	case "variable":
		return []string{"var." + b.Labels[0]}
	case "resource":
		return []string{strings.Join(b.Labels, ".")}
	case "data":
		return []string{"data." + strings.Join(b.Labels, ".")}
	case "output":
		return []string{"output." + b.Labels[0]}
	case "locals":
		var names []string
		for name := range b.Body.Attributes {
			names = append(names, "local."+name)
		}
		return names
	}
	return nil
}

// references collects the addresses that expressions refer to.
type references struct{ to map[string]bool }

// Enter implements hclsyntax.Walker.
func (r *references) Enter(n hclsyntax.Node) hcl.Diagnostics {
	traversal, ok := n.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		return nil
	}
	names := []string{traversal.Traversal.RootName()}
	for _, step := range traversal.Traversal[1:] {
		if attribute, ok := step.(hcl.TraverseAttr); ok {
			names = append(names, attribute.Name)
		}
	}
	length := 2
	if names[0] == "data" {
		length = 3
	}
	if names[0] != "each" && len(names) >= length {
		r.to[strings.Join(names[:length], ".")] = true
	}
	return nil
}

// Exit implements hclsyntax.Walker.
func (*references) Exit(hclsyntax.Node) hcl.Diagnostics { return nil }
