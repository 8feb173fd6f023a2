package process_test

import (
	"os"
	"path/filepath"
	"testing"

	"switchyard/internal/stack/process"
)

// A child that is being started has every descriptor of this process until it runs its
// program. This child has one for good.
func TestLockIsGivenUpBesideAChild(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	locked, err := process.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	cmd := shell(t, "echo ready; exec sleep 600")
	cmd.ExtraFiles = []*os.File{locked.File}
	said(t, start(t, process.Command{Cmd: cmd}), "ready")
	if err := locked.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := process.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
