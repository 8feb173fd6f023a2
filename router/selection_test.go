package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/catalog"
	"switchyard/router/internal/app"
	"switchyard/router/internal/function"
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
	all := named("api/files/get", "api/files/list", "api/keys/get", "jobs/mail", "jobs/files/deleteabandoned", "pages/files/home")
	for name, tt := range map[string]struct {
		only, except []string
		want         string // the names, or what the error says
	}{
		"everything":               {nil, nil, "api/files/get api/files/list api/keys/get jobs/mail jobs/files/deleteabandoned pages/files/home"},
		"a folder":                 {[]string{"jobs/**"}, nil, "jobs/mail jobs/files/deleteabandoned"},
		"one level":                {[]string{"api/*"}, nil, `no function matches "api/*"; there are api/files/get, api/files/list, api/keys/get`},
		"two patterns":             {[]string{"jobs/**", "pages/files/home"}, nil, "jobs/mail jobs/files/deleteabandoned pages/files/home"},
		"a choice":                 {[]string{"{jobs,pages}/*"}, nil, "jobs/mail jobs/files/deleteabandoned pages/files/home"},
		"all but":                  {nil, []string{"api/**", "jobs/mail"}, "jobs/files/deleteabandoned pages/files/home"},
		"a part but":               {[]string{"api/**"}, []string{"**/get"}, "api/files/list"},
		"nothing is left":          {[]string{"jobs/**"}, []string{"jobs/*"}, "leave no function"},
		"misspelt":                 {[]string{"jobs/files/deleteabandond"}, nil, `no function matches "jobs/files/deleteabandond"; there are jobs/files/deleteabandoned`},
		"misspelt after others":    {nil, []string{"jobs/**", "page/**"}, "there are pages/files/home"},
		"not like any other":       {[]string{"workers/**"}, nil, "there are api/**, jobs/**, pages/**"},
		"a folder without its **":  {[]string{"jobs"}, nil, "there are jobs/mail, jobs/files/deleteabandoned"},
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
	for _, f := range catalog.Functions() {
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
		"assets": {selection{Only: []string{"pages/assets"}}, "ui", "db events bucket auth/betterauth INNGEST_SIGNING_KEY DATABASE_URL", 1},
		"jobs":   {selection{Only: []string{"jobs/files/deleteownerless"}}, "db events files INNGEST_SIGNING_KEY INNGEST_EVENT_KEY DATABASE_URL", "ui bucket auth/betterauth BETTER_AUTH_SECRET", 1},
		"mail":   {selection{Only: []string{"jobs/mail"}}, "db events mailer SMTP_URL", "bucket auth/betterauth", 1},
		"web":    {selection{Except: []string{"jobs/**"}}, "db events bucket auth/betterauth ui", "mailer INNGEST_SIGNING_KEY", web},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := newApp(tt.flags, func(string) string { return "" })
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
