package version

import (
	"runtime/debug"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	const sw = "example.com/sw"
	dep := func(m debug.Module) *debug.BuildInfo {
		m.Path = sw
		return &debug.BuildInfo{Main: debug.Module{Path: "example.com/acme/orders"}, Deps: []*debug.Module{{Path: "example.com/swing", Version: "v9.9.9"}, &m}}
	}
	for want, info := range map[string]*debug.BuildInfo{
		"example.com/sw v0.2.0":                                       dep(debug.Module{Version: "v0.2.0"}),
		"example.com/sw devel (replaced by ../sw)":                    dep(debug.Module{Version: "v0.0.0", Replace: &debug.Module{Path: "../sw"}}),
		"example.com/sw v0.2.1 (replaced by example.com/fork v0.2.1)": dep(debug.Module{Version: "v0.2.0", Replace: &debug.Module{Path: "example.com/fork", Version: "v0.2.1"}}),
		"example.com/sw v0.1.0":                                       {Main: debug.Module{Path: sw, Version: "v0.1.0"}},
		"example.com/sw devel":                                        nil,
	} {
		if got := find(info, sw).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := find(&debug.BuildInfo{Main: debug.Module{Path: sw, Version: "(devel)"}}, sw).String(); got != "example.com/sw devel" {
		t.Errorf("of its own source: got %q", got)
	}
}

func TestReleased(t *testing.T) {
	t.Parallel()
	const path = "example.com/sw"
	for name, tt := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"fetched":            {debug.BuildInfo{Main: debug.Module{Path: path, Version: "v0.1.0", Sum: "h1:x"}}, "v0.1.0"},
		"checkout":           {debug.BuildInfo{Main: debug.Module{Path: path, Version: "(devel)"}}, ""},
		"stamped checkout":   {debug.BuildInfo{Main: debug.Module{Path: path, Version: "v0.0.0-20261128210000-0123456789ab+dirty"}}, ""},
		"project":            {debug.BuildInfo{Deps: []*debug.Module{{Path: path, Version: "v0.2.0", Sum: "h1:x"}}}, "v0.2.0"},
		"project's checkout": {debug.BuildInfo{Deps: []*debug.Module{{Path: path, Version: "v0.0.0", Replace: &debug.Module{Path: "/sw"}}}}, ""},
		"unknown":            {},
	} {
		if got := released(&tt.info, path); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
