package dev_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/dev"
)

func TestEnviron(t *testing.T) {
	t.Parallel()
	base := []string{
		"PATH=/bin", "HOME=/home/a", "PORT=1", "DATABASE_URL=postgres://production", "DATABASE_UNPOOLED_URL=x",
		"PGHOST=production", "INNGEST_SIGNING_KEY=k", "AWS_REGION=r", "GREETING=from the shell", "MAIL_SINK=",
	}
	dotenv := []string{"GREETING=from the file", "BUCKET=production", "AWS_ACCESS_KEY_ID=k", "AUTH_RATE_LIMIT=on"}
	defaults := []dev.Variable{{"AUTH_RATE_LIMIT", "off"}, {"MAIL_SINK", "file"}}
	own := []dev.Variable{{"DATABASE_URL", "postgres://here"}, {"BUCKET", "here"}, {"PORT", "2"}}
	got := dev.Environ(base, dotenv, defaults, own)
	want := []string{
		"AUTH_RATE_LIMIT=off", "MAIL_SINK=file", // as long as nothing follows
		"PATH=/bin", "HOME=/home/a", "GREETING=from the shell", "GREETING=from the file", "AUTH_RATE_LIMIT=on",
		"DATABASE_URL=postgres://here", "BUCKET=here", "PORT=2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	env := []string{"OTHER=x", "BETTER_AUTH_TRUSTED_ORIGINS=http://a", "BETTER_AUTH_TRUSTED_ORIGINS=http://b,http://c", "BETTER_AUTH_TRUSTED_ORIGINS="}
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{nil, "http://localhost:3000,http://127.0.0.1:3000"},
		{env, "http://localhost:3000,http://127.0.0.1:3000,http://b,http://c"},
	} {
		got := dev.Origins(3000, dev.Lookup(tt.env, "BETTER_AUTH_TRUSTED_ORIGINS"))
		if want := (dev.Variable{Name: "BETTER_AUTH_TRUSTED_ORIGINS", Value: tt.want}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestReadDotEnv(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string
		wantErr    string
	}{
		{name: "empty"},
		{name: "plain", text: "A=1\n\n# B=2\nexport C = x y \r\n", want: []string{"A=1", "C=x y"}},
		{name: "comment after a value", text: "A=1 # one\nB=a#b", want: []string{"A=1", "B=a#b"}},
		{name: "single quotes", text: `A='a "b" \n # c' # d`, want: []string{`A=a "b" \n # c`}},
		{name: "double quotes", text: `A="a\n\"b\" \\"`, want: []string{"A=a\n\"b\" \\"}},
		{name: "equals sign in a value", text: "A=b=c==", want: []string{"A=b=c=="}},
		{name: "no value", text: "A=", want: []string{"A="}},
		{name: "no equals sign", text: "A=1\nhunter2", wantErr: ".env:2: want KEY=VALUE"},
		{name: "open quote", text: `A="hunter2`, wantErr: ".env:1: the quote of A does not end"},
		{name: "text after a quote", text: `A="hunter2"3`, wantErr: ".env:1: the quote of A does not end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), ".env")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := dev.ReadDotEnv(file)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			switch {
			case (err != nil) != (tt.wantErr != ""), err != nil && !strings.Contains(err.Error(), tt.wantErr):
				t.Errorf("error %v, want %q", err, tt.wantErr)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Errorf("the error shows the value: %v", err)
			}
		})
	}
}

func TestReadDotEnvWithoutFile(t *testing.T) {
	t.Parallel()
	got, err := dev.ReadDotEnv(filepath.Join(t.TempDir(), ".env"))
	if got != nil || err != nil {
		t.Errorf("got %v, %v; want nothing", got, err)
	}
}

// What a binary needs it says itself, with what its functions do not need beside it.
func TestVariablesOf(t *testing.T) {
	t.Parallel()
	binary, err := filepath.Abs("testdata/router.sh")
	if err != nil {
		t.Fatal(err)
	}
	got, err := dev.VariablesOf(t.Context(), t.TempDir(), binary)
	if diff := cmp.Diff([]string{"PORT"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
