package dev_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/dev"
)

func openState(t *testing.T, dir string) *dev.State {
	t.Helper()
	s, err := dev.OpenState(t.Context(), dir)
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
	_, err := dev.OpenState(t.Context(), dir)
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
	err := s.WriteAddresses(dev.Addresses{
		App: "http://127.0.0.1:3000", DatabaseURL: "postgres://u:p@127.0.0.1:5/switchyard",
		Bucket: dev.BucketAddress{
			Endpoint: "http://127.0.0.1:7", Name: "b", AccessKeyID: "k", SecretAccessKey: "s", Region: "r",
		},
		Inngest: "http://127.0.0.1:8", EventKey: "e",
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
		"inngest":"http://127.0.0.1:8","event_key":"e"}`), &want)
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
	dir := t.TempDir()
	left := exec.CommandContext(t.Context(), "sleep", "600")
	left.SysProcAttr = ownGroup()
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	born, err := exec.CommandContext(t.Context(), "ps", "-o", "lstart=", "-p", strconv.Itoa(left.Process.Pid)).Output()
	if err != nil {
		t.Skip("there is no ps here: ", err)
	}
	apps := filepath.Join(dir, "apps")
	if err := os.Mkdir(apps, 0o700); err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(apps, strconv.Itoa(left.Process.Pid))
	other := filepath.Join(apps, strconv.Itoa(os.Getpid())) // a record of an older process with our id
	for file, text := range map[string]string{record: strings.TrimSpace(string(born)), other: "Mon Jan  1 00:00:00 2001"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openState(t, dir)
	if err := left.Wait(); err == nil || !strings.Contains(fmt.Sprint(err), "killed") {
		t.Errorf("the process ended with %v, want it killed", err)
	}
	if rest, _ := os.ReadDir(apps); len(rest) > 0 {
		t.Errorf("records are left: %v", rest)
	}
}
