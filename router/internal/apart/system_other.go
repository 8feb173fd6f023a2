//go:build !linux

package apart

import "syscall"

// attributes puts a process into a group of its own, so that Ctrl-C in a terminal reaches
// the router alone. It ends itself when the router is gone: see [Child.Follow].
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
