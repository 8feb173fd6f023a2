package pack

import (
	"fmt"
	"os"
	"path/filepath"
)

// describe writes into out what describes the plan to its platform.
func describe(p Plan, out string) error {
	files, err := descriptions(p)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(out, name), text, 0o644); err != nil {
			return fmt.Errorf("describe what was packaged: %w", err)
		}
	}
	return nil
}

// descriptions returns the files that describe the plan, by name; none if nobody asks.
func descriptions(p Plan) (map[string][]byte, error) {
	single := func(name string, render func(Plan) ([]byte, error)) (map[string][]byte, error) {
		text, err := render(p)
		return map[string][]byte{name: text}, err
	}
	switch {
	case p.Target == Container:
		return single("service.yaml", Knative)
	case p.IaC == "sam":
		return single("template.yaml", SAM)
	case p.IaC == "terraform":
		return Terraform(p)
	}
	return nil, nil
}
