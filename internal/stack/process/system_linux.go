package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// attributes puts the child into a process group of its own, with the credential,
// and lets the system send it the signal when the thread that starts it ends.
func attributes(signal syscall.Signal, credential *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: signal, Credential: credential}
}

// processBorn returns when the process started, in a form that only serves to
// tell it from another one with the same id. It fails if there is none.
func processBorn(pid int) (string, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", err
	}
	// The name, in parentheses, may itself hold blanks and parentheses. The
	// state follows it as field 3; the start time is field 22.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const state, startTime = 0, 22 - 3
	if len(fields) <= startTime {
		return "", fmt.Errorf("process %d has no start time", pid)
	}
	if fields[state] == "Z" { // ended, and nobody has asked how
		return "", os.ErrProcessDone
	}
	return fields[startTime], nil
}

// CommandLine returns the command line of the process, arguments separated by
// blanks, or "" if there is none.
func CommandLine(pid int) string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	return string(bytes.ReplaceAll(text, []byte{0}, []byte{' '}))
}
