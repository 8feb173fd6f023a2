//go:build !linux

package dev

import "syscall"

// childAttributes puts a child into a process group of its own. When this program
// is killed the child lives on, until the next run ends it.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
