package dev

import "syscall"

// childAttributes puts a child into a process group of its own, and lets the
// system end it when this program is killed.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
