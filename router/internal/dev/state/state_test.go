package state_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/stack/process"
	"switchyard/router/internal/dev/state"
)

func openState(t *testing.T, dir string) *state.Folder {
	t.Helper()
	s, err := state.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStateIsHeldByOne(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	s := openState(t, dir)
	if err := s.Announce("http://127.0.0.1:3000"); err != nil {
		t.Fatal(err)
	}
	_, err := state.Open(dir)
	if err == nil {
		t.Fatal("a second one got the folder")
	}
	for _, want := range []string{strconv.Itoa(os.Getpid()), "http://127.0.0.1:3000", "--state"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	openState(t, dir)
}

func TestStateKeepsSecretAndPorts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openState(t, dir)
	secret := s.AuthSecret()
	port, err := s.Port("postgres")
	if err != nil || port == 0 || len(secret) < 32 {
		t.Fatalf("port %d (%v), secret of %d characters", port, err, len(secret))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := openState(t, dir)
	if again.AuthSecret() != secret {
		t.Error("the secret is another one: everybody is signed out")
	}
	if info, err := os.Stat(filepath.Join(dir, "settings.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("settings.json: %v, %v; want mode 0600", info, err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openState(t, dir)
	file := filepath.Join(dir, "dev.json")
	err := s.WriteAddresses(state.Addresses{
		App: "http://127.0.0.1:3000", DatabaseURL: "postgres://u:p@127.0.0.1:5/switchyard",
		Bucket: &state.Bucket{
			Endpoint: "http://127.0.0.1:7", Name: "b", AccessKeyID: "k", SecretAccessKey: "s", Region: "r",
		},
		Inngest: "http://127.0.0.1:8", EventKey: "e", MailFile: "/m", MetricsToken: "t",
	})
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	text, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(text, &got) != nil {
		t.Fatalf("dev.json: %s, %v", text, err)
	}
	_ = json.Unmarshal([]byte(`{"app":"http://127.0.0.1:3000","database_url":"postgres://u:p@127.0.0.1:5/switchyard",
		"bucket":{"endpoint":"http://127.0.0.1:7","name":"b","access_key_id":"k","secret_access_key":"s","region":"r"},
		"inngest":"http://127.0.0.1:8","event_key":"e","mail_file":"/m","metrics_token":"t"}`), &want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("dev.json (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("dev.json has mode %v (%v), want 0600", info.Mode(), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("dev.json is still there: %v", err)
	}
}

func TestStateEndsWhatWasLeftRunning(t *testing.T) {
	t.Parallel()
	dir, owned := t.TempDir(), t.TempDir()
	claim, err := process.Take(owned, "app-3000")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sleep", "600")
	left, err := process.Start(process.Command{Cmd: cmd, Claim: claim})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = left.Stop() })
	if err := os.CopyFS(dir, os.DirFS(owned)); err != nil { // as if the owner had been killed
		t.Fatal(err)
	}
	openState(t, dir)
	if <-left.Done(); left.Err() == nil {
		t.Error("it was not killed: it ended by itself")
	}
	if rest, err := os.ReadDir(filepath.Join(dir, "pids")); err != nil || len(rest) > 0 {
		t.Errorf("records are left: %v, %v", rest, err)
	}
}

func TestNewDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openState(t, dir)
	if !s.Unseeded() || s.Seeded() != nil || s.Unseeded() {
		t.Error("a folder without a database should have a new one, until that is seeded")
	}
	for _, name := range []string{"postgres/data/PG_VERSION", "postgres.password", "s3/file", "inngest/main.db"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755), os.WriteFile(filepath.Join(dir, name), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openState(t, dir)
	if s.Unseeded() {
		t.Error("a database that is there counts as new")
	}
	if err := s.Reset(); err != nil || !s.Unseeded() {
		t.Errorf("reset: %v, new: %v", err, s.Unseeded())
	}
	left, err := filepath.Glob(filepath.Join(dir, "[ips]*"))
	if err != nil || len(left) != 2 { // s3, settings.json
		t.Errorf("left: %q, %v", left, err)
	}
}
