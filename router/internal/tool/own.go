package tool

import (
	"switchyard/router/internal/scaffold/own"
	"switchyard/router/internal/version"
)

// Own is the verb that makes a lent function the project's own.
type Own struct {
	Name string `arg:"" help:"The function: pages/signin."`
}

// Help implements kong.HelpProvider.
func (Own) Help() string {
	return `Copies the source of a function that the project has been lent into the project, with its
templates, its internal packages, its tests if they work there, and with what the project
has changed of its Spec. From then on it is the project's to change, and new versions of the
lender do not change it.

Example:
  router own pages/signin`
}

// Run implements the verb.
func (c Own) Run(w *World) error {
	root, err := Root()
	if err != nil {
		return err
	}
	return own.Own(w.Ctx, own.Options{Root: root, Framework: version.Module(), Name: c.Name, Generate: refresh(root), Out: w.Out})
}
