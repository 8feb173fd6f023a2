package apart

import (
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"
)

const (
	// maxStack bounds the stack of a goroutine, in bytes. Go's own bound is 1 GB, on the way to
	// which a function that calls itself for ever keeps the machine busy.
	maxStack = 64 << 20
	// niceness is how much the process stands back for others when processors are scarce: they
	// have about three times its share.
	niceness = 5
)

// Limit bounds what this process may take of the machine, as its order says. Package container has
// Go itself stay below the limit of memory, as long as it can.
func (o *Order) Limit() error {
	var errs []error
	debug.SetMaxStack(maxStack)
	_ = syscall.Setpriority(syscall.PRIO_PGRP, 0, niceness) // its group is its own; without it, it is as any other
	if o.Files > 0 {
		errs = append(errs, limitFiles(uint64(o.Files)))
	}
	if o.Memory > 0 {
		errs = append(errs, limitMemory(uint64(o.Memory)))
	}
	return errors.Join(errs...)
}

// limitFiles bounds the open files.
func limitFiles(n uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("find out how many files may be open: %w", err)
	}
	limit.Cur = min(n, limit.Max)
	limit.Max = limit.Cur
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit the open files: %w", err)
	}
	return nil
}
