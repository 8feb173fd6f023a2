package cli

import (
	"fmt"
	"runtime"

	"switchyard/internal/project"
	"switchyard/router/internal/app"
	"switchyard/router/internal/version"
)

type versionCmd struct {
	JSON bool `name:"json" help:"Print JSON, for programs."`
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

// Run implements the verb.
func (c versionCmd) Run(p *world) error {
	if c.JSON {
		return writeJSON(p.Out, p.versions())
	}
	_, err := fmt.Fprintln(p.Out, p.versions())
	return err
}

func (p *world) versions() versions {
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
