package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

// Run implements the verb.
func (versionCmd) Run(p *program) error {
	v := version(p.getenv)
	_, err := fmt.Fprintf(p.out, "switchyard %s %s %s/%s\n", v.long, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// release names what this binary was built from.
type release struct{ short, long string }

// version returns the commit that the toolchain stamped into the binary, else
// the one that Railway says it deployed, else "devel".
func version(getenv func(string) string) release {
	commit, dirty := getenv("RAILWAY_GIT_COMMIT_SHA"), ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = "+dirty"
			}
		}
	}
	if commit == "" {
		return release{short: "devel", long: "devel"}
	}
	return release{short: commit[:min(12, len(commit))] + dirty, long: commit + dirty}
}
