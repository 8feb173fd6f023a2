package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/catalog"
	"switchyard/router/internal/app"
	"switchyard/router/internal/function"
	"switchyard/router/internal/tool"
)

func named(names ...string) []function.Function {
	var all []function.Function
	for _, name := range names {
		all = append(all, function.Function{Name: name})
	}
	return all
}

func TestSelection(t *testing.T) {
	t.Parallel()
	all := named("api/orders/get", "api/orders/list", "api/keys/get", "jobs/mail", "jobs/sweep", "pages/home")
	for name, tt := range map[string]struct {
		only, except []string
		want         string // the names, or what the error says
	}{
		"everything":               {nil, nil, "api/orders/get api/orders/list api/keys/get jobs/mail jobs/sweep pages/home"},
		"a folder":                 {[]string{"jobs/**"}, nil, "jobs/mail jobs/sweep"},
		"one level":                {[]string{"api/*"}, nil, `no function matches "api/*"; there are api/keys/get, api/orders/get, api/orders/list`},
		"two patterns":             {[]string{"jobs/**", "pages/home"}, nil, "jobs/mail jobs/sweep pages/home"},
		"a choice":                 {[]string{"{jobs,pages}/*"}, nil, "jobs/mail jobs/sweep pages/home"},
		"all but":                  {nil, []string{"api/**", "jobs/mail"}, "jobs/sweep pages/home"},
		"a part but":               {[]string{"api/**"}, []string{"**/get"}, "api/orders/list"},
		"nothing is left":          {[]string{"jobs/**"}, []string{"jobs/*"}, "leave no function"},
		"misspelt":                 {[]string{"jobs/sweeep"}, nil, `no function matches "jobs/sweeep"; there are jobs/sweep`},
		"misspelt after others":    {nil, []string{"jobs/**", "page/**"}, "there are pages/home"},
		"not like any other":       {[]string{"workers/**"}, nil, "there are api/**, jobs/**, pages/**"},
		"a folder without its **":  {[]string{"jobs"}, nil, "there are jobs/mail, jobs/sweep"},
		"not a pattern":            {[]string{"jobs/["}, nil, `the pattern "jobs/[" is malformed`},
		"from the root of a drive": {[]string{"/jobs/**"}, nil, "there are api/**, jobs/**, pages/**"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			some, err := selection{Only: tt.only, Except: tt.except}.of(all)
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %q, want %q", err, tt.want)
				}
				return
			}
			var names []string
			for _, f := range some {
				names = append(names, f.Name)
			}
			if diff := cmp.Diff(tt.want, strings.Join(names, " ")); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSelectionNeedsLess looks at what a process is asked for that serves a part.
func TestSelectionNeedsLess(t *testing.T) {
	t.Parallel()
	web := 0
	for _, f := range catalog.Program().Functions {
		if !strings.HasPrefix(f.Name, "jobs/") {
			web++
		}
	}
	for name, tt := range map[string]struct {
		flags     selection
		with      string // services and settings that are needed
		without   string // and some that are not
		functions int
	}{
		"assets": {selection{Only: []string{"pages/assets"}}, "ui", "db events auth/betterauth INNGEST_SIGNING_KEY DATABASE_URL", 1},
		"mail":   {selection{Only: []string{"jobs/mail"}}, "db events mailer SMTP_URL INNGEST_SIGNING_KEY INNGEST_EVENT_KEY DATABASE_URL", "ui auth/betterauth BETTER_AUTH_SECRET", 1},
		"web":    {selection{Except: []string{"jobs/**"}}, "db events auth/betterauth ui", "mailer INNGEST_SIGNING_KEY", web},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := testProgram(nil).newApp(tt.flags)
			if err != nil {
				t.Fatal(err)
			}
			wantNeeds(t, a, tt.with, tt.without)
			if len(a.Functions) != tt.functions {
				t.Errorf("%d functions, want %d", len(a.Functions), tt.functions)
			}
		})
	}
}

// wantNeeds wants services and variables, with spaces between them, to be among what a
// needs, and others not.
func wantNeeds(t *testing.T, a *app.App, with, without string) {
	t.Helper()
	has := a.Needs.Services()
	for _, v := range a.Needs.Vars() {
		has = append(has, v.Name)
	}
	for want := range strings.FieldsSeq(with) {
		if !slices.Contains(has, want) {
			t.Errorf("%s is not among %v", want, has)
		}
	}
	for no := range strings.FieldsSeq(without) {
		if slices.Contains(has, no) {
			t.Errorf("%s is needed", no)
		}
	}
}

// testProgram is what a verb gets in this environment.
func testProgram(env []string) *process {
	return &process{&tool.Process{Environ: env}, catalog.Program()}
}

func TestServeUnknownFunctions(t *testing.T) {
	t.Parallel()
	for _, verbName := range []string{"serve", "env", "functions", "check"} {
		_, errOut, status := verb(t, nil, verbName, "--only", "job/**")
		if status != exitUsage || !strings.Contains(errOut, "there are jobs/") {
			t.Errorf("%s: status %d, %s", verbName, status, errOut)
		}
	}
}
