package apart

import "syscall"

// attributes puts a process into a group of its own, so that Ctrl-C in a terminal reaches
// the router alone, and has the kernel end it with the router.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
