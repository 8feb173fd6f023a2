package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// In dir/pids/ each claim has a lock, which the owner keeps and the system drops
// when the owner dies, and while the process runs a record of it.
const (
	pidDir     = "pids"
	lockSuffix = ".lock"
)

// patience covers the moment in which somebody's Clean looks at a lock.
const patience = time.Second

// Claim is the right to run the one process of a name in a folder. A nil Claim is
// none: its process is not recorded.
type Claim struct {
	lock   *Locked
	record string // the file that describes the process
}

// Take claims name in dir, and ends what a killed owner left running under it. It
// fails with [ErrInUse] if the name is taken. A claim that is not given to a
// Command must be released.
func Take(dir, name string) (*Claim, error) { return take(dir, name, patience) }

func take(dir, name string, patience time.Duration) (*Claim, error) {
	pids := filepath.Join(dir, pidDir)
	if err := os.MkdirAll(pids, 0o700); err != nil {
		return nil, err
	}
	record := filepath.Join(pids, name)
	lock, err := lockPatiently(record+lockSuffix, patience)
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w", name, dir, err)
	}
	c := &Claim{lock: lock, record: record}
	if err := endRecorded(record); err != nil {
		_ = lock.Close() // and not Release: the next Clean is to find it
		return nil, fmt.Errorf("end the %s that was left running in %s: %w", name, dir, err)
	}
	return c, nil
}

// Clean ends the processes that a killed owner of dir left running. Those of a
// living owner it leaves alone, and returns [ErrInUse]. A dir that does not exist
// is clean.
func Clean(dir string) error {
	locks, err := filepath.Glob(filepath.Join(dir, pidDir, "*"+lockSuffix))
	if err != nil {
		return err
	}
	var errs []error
	for _, lock := range locks {
		c, err := take(dir, strings.TrimSuffix(filepath.Base(lock), lockSuffix), 0)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c.Release()
	}
	return errors.Join(errs...)
}

// Release gives the name up. It may be called on nil, and more than once.
func (c *Claim) Release() {
	if c == nil {
		return
	}
	if isAt(c.lock.File, c.lock.Name()) { // and not given up before
		_ = os.Remove(c.lock.Name())
	}
	_ = c.lock.Close()
}

// write records the process.
func (c *Claim) write(pid int, signal syscall.Signal) error {
	if c == nil {
		return nil
	}
	born, err := processBorn(pid)
	if err != nil {
		return fmt.Errorf("look up process %d: %w", pid, err)
	}
	return os.WriteFile(c.record, fmt.Appendf(nil, "%d %d %s\n", pid, signal, born), 0o600)
}

// forget removes the record: the process has ended.
func (c *Claim) forget() {
	if c != nil {
		_ = os.Remove(c.record)
	}
}

// endRecorded ends the process that record describes, if it is still the same
// one, and removes the record.
func endRecorded(record string) error {
	text, err := os.ReadFile(record)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var pid int
	var signal syscall.Signal
	var born string
	if _, err := fmt.Sscan(string(text), &pid, &signal, &born); err == nil && pid > 1 {
		if err := endProcess(pid, signal, born); err != nil {
			return err
		}
	}
	return os.Remove(record)
}

// orphanGrace is how long what a killed owner has left may take to end: the next owner waits.
const orphanGrace = 5 * time.Second

// endProcess signals the process and its group, which are no children of ours, and
// kills them if it is still there after the grace.
func endProcess(pid int, signal syscall.Signal, born string) error {
	lives := func() bool {
		now, err := processBorn(pid)
		return err == nil && now == born
	}
	if !lives() {
		return nil
	}
	if err := syscall.Kill(-pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal process %d: %w", pid, err)
	}
	killAt := time.Now().Add(orphanGrace)
	for giveUp := killAt.Add(DefaultGrace); lives(); time.Sleep(pollInterval) {
		if now := time.Now(); now.After(giveUp) {
			return fmt.Errorf("process %d does not end", pid)
		} else if now.After(killAt) {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
	return nil
}
