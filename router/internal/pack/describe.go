package pack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"switchyard/router/internal/pack/knative"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/pack/sam"
	"switchyard/router/internal/pack/terraform"
)

// describe writes into out what describes the plan to its platform.
func describe(p plan.Plan, out string) error {
	files, err := descriptions(p)
	if err != nil {
		return err
	}
	if err := removeStale(p, files, out); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(out, name), text, 0o644); err != nil {
			return fmt.Errorf("describe what was packaged: %w", err)
		}
	}
	return nil
}

// removeStale removes the files of a module that an earlier package of other functions has
// left: Terraform reads all that are there.
func removeStale(p plan.Plan, files map[string][]byte, out string) error {
	if p.IaC != "terraform" {
		return nil
	}
	old, err := filepath.Glob(filepath.Join(out, "lambda_*.tf"))
	if err != nil {
		return err
	}
	for _, name := range append(old, filepath.Join(out, "api.tf"), filepath.Join(out, "buckets.tf")) {
		if _, kept := files[filepath.Base(name)]; kept {
			continue
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// descriptions returns the files that describe the plan, by name; none if nobody asks.
func descriptions(p plan.Plan) (map[string][]byte, error) {
	single := func(name string, render func(plan.Plan) ([]byte, error)) (map[string][]byte, error) {
		text, err := render(p)
		return map[string][]byte{name: text}, err
	}
	switch {
	case p.Target == plan.Container:
		return single("service.yaml", knative.Manifest)
	case p.IaC == "sam":
		return single("template.yaml", sam.Template)
	case p.IaC == "terraform":
		return terraform.Module(p)
	}
	return nil, nil
}
