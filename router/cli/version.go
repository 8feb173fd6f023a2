package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"switchyard/internal/project"
	"switchyard/router/internal/app"
	"switchyard/router/internal/version"
)

func (p *process) version() *cobra.Command {
	var forPrograms bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of the project and of its framework.",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if forPrograms {
				return writeJSON(p.Out, p.versions())
			}
			_, err := fmt.Fprintln(p.Out, p.versions())
			return err
		},
	}
	cmd.Flags().BoolVar(&forPrograms, "json", false, "Print JSON, for programs.")
	return cmd
}

// versions says what a program is made of.
type versions struct {
	Project   projectVersion    `json:"project"`
	Framework version.Framework `json:"framework"`
}

type projectVersion struct {
	Name     string `json:"name"`
	Version  string `json:"version"`  // a commit, the version of a module, or "devel"
	Go       string `json:"go"`       // "go1.26.0"
	Platform string `json:"platform"` // "linux/amd64"
}

func (p *process) versions() versions {
	return versions{
		Project: projectVersion{
			Name: project.Name(), Version: app.VersionOf(p.Getenv).Long,
			Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		},
		Framework: version.OfFramework(),
	}
}

// String says it in two lines: the project, and the framework.
func (v versions) String() string {
	return fmt.Sprintf("%s %s %s %s\nframework %s", v.Project.Name, v.Project.Version, v.Project.Go, v.Project.Platform, v.Framework)
}
