package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// In Dir/pids/ each server has a lock, which the owner keeps while the server
// runs and the system drops when the owner dies, and a record of the process.
const (
	pidDir     = "pids"
	lockSuffix = ".lock"
)

// pollInterval is how often something is looked at that cannot be waited for.
const pollInterval = 20 * time.Millisecond

// acquirePatience covers the moment in which somebody's Clean looks at a lock.
const acquirePatience = time.Second

// hold is the right to run one server in one Dir.
type hold struct {
	lock   *os.File
	record string // the file that describes the process
}

// acquire takes the right to run the server called name in dir, and ends what a
// killed owner left running of it. It fails with ErrInUse if the right has not
// become free after patience.
func acquire(dir, name string, patience time.Duration) (*hold, error) {
	pids := filepath.Join(dir, pidDir)
	if err := os.MkdirAll(pids, 0o700); err != nil {
		return nil, err
	}
	record := filepath.Join(pids, name)
	lock, err := lockFile(record+lockSuffix, patience)
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w", name, dir, err)
	}
	h := &hold{lock: lock, record: record}
	if err := endRecorded(record); err != nil {
		h.release()
		return nil, fmt.Errorf("end the %s that was left running in %s: %w", name, dir, err)
	}
	return h, nil
}

// write records the process.
func (h *hold) write(pid int, signal syscall.Signal) error {
	born, err := processBorn(pid)
	if err != nil {
		return fmt.Errorf("look up process %d: %w", pid, err)
	}
	return os.WriteFile(h.record, fmt.Appendf(nil, "%d %d %s\n", pid, signal, born), 0o600)
}

// forget removes the record: the process has ended.
func (h *hold) forget() { _ = os.Remove(h.record) }

// release gives the right up.
func (h *hold) release() { _ = h.lock.Close() }

// lockFile opens the file at path and locks it. It fails with ErrInUse if somebody
// still has it locked after patience.
func lockFile(path string, patience time.Duration) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(pollInterval) {
		err := tryLock(f)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, ErrInUse) || !time.Now().Before(deadline) {
			_ = f.Close()
			return nil, err
		}
	}
}

// tryLock locks f, or returns ErrInUse if it is locked. Closing f unlocks it.
func tryLock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrInUse
		default:
			return &os.PathError{Op: "flock", Path: f.Name(), Err: err}
		}
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

// endProcess signals the process, which is no child of ours, and kills it and its
// group if it is still there after the grace.
func endProcess(pid int, signal syscall.Signal, born string) error {
	lives := func() bool {
		now, err := processBorn(pid)
		return err == nil && now == born
	}
	if !lives() {
		return nil
	}
	if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal process %d: %w", pid, err)
	}
	killAt := time.Now().Add(stopTimeout)
	for giveUp := killAt.Add(stopTimeout); lives(); time.Sleep(pollInterval) {
		if now := time.Now(); now.After(giveUp) {
			return fmt.Errorf("process %d does not end", pid)
		} else if now.After(killAt) {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
	return nil
}
