package process

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes puts the child into a process group of its own, with the credential.
// macOS cannot stop it when its owner is killed: that is left to Clean.
func attributes(_ syscall.Signal, credential *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: credential}
}

// processBorn returns when the process started, in a form that only serves to
// tell it from another one with the same id. It fails if there is none.
func processBorn(pid int) (string, error) {
	out, err := ps(pid, "state=", "lstart=")
	if err != nil {
		return "", err
	}
	state, started, _ := strings.Cut(out, " ")
	if started == "" {
		return "", fmt.Errorf("process %d has no start time", pid)
	}
	if strings.HasPrefix(state, "Z") { // ended, and nobody has asked how
		return "", os.ErrProcessDone
	}
	return strings.Join(strings.Fields(started), "-"), nil
}

// CommandLine returns the command line of the process, arguments separated by
// blanks, or "" if there is none.
func CommandLine(pid int) string {
	out, err := ps(pid, "command=")
	if err != nil {
		return ""
	}
	return out
}

func ps(pid int, columns ...string) (string, error) {
	args := []string{"-ww", "-p", strconv.Itoa(pid)}
	for _, c := range columns {
		args = append(args, "-o", c)
	}
	cmd := exec.Command("/bin/ps", args...) //nolint:noctx // reads a table and ends
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
