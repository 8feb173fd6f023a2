package app

import (
	"runtime/debug"
	"strings"

	"switchyard/internal/lazy"
)

// commit names the source that the program was built from. Who builds without the stamps of the
// toolchain sets it: -ldflags "-X switchyard/router/internal/app.commit=…".
var commit string //nolint:gochecknoglobals // the linker sets it

// modified follows the commit if what was built differs from it.
const modified = "+dirty"

// released matches the version that somebody gave a module.
var released = lazy.Regexp{Source: `^v\d+\.\d+\.\d+$`}

// Version names what a program was built from.
type Version struct{ Short, Long string }

// VersionOf returns the commit that was stamped into the binary, else the version of the
// module that it was built from, else the commit that Railway says it deployed, else
// "devel".
func VersionOf(getenv func(string) string) Version {
	name, changed := strings.CutSuffix(commit, modified)
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				name = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = true
			}
		}
	}
	if name == "" && ok && released.Get().MatchString(info.Main.Version) {
		return Version{Short: info.Main.Version, Long: info.Main.Version}
	}
	if name == "" {
		name = getenv("RAILWAY_GIT_COMMIT_SHA")
	}
	if name == "" {
		return Version{Short: "devel", Long: "devel"}
	}
	short := name[:min(12, len(name))]
	if changed {
		return Version{Short: short + modified, Long: name + modified}
	}
	return Version{Short: short, Long: name}
}
