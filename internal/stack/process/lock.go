package process

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// ErrInUse means that a living process has the lock or the claim.
var ErrInUse = errors.New("in use by another process")

// Lock opens the file at path, made if it is not there, and locks it. Closing it,
// or the end of this process, unlocks it. It fails with [ErrInUse] if somebody has
// it locked.
func Lock(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if err := tryLock(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if isAt(f, path) {
			return f, nil
		}
		if err := f.Close(); err != nil { // it was removed before we had it
			return nil, err
		}
	}
}

// lockPatiently is Lock with some patience.
func lockPatiently(path string, patience time.Duration) (*os.File, error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(pollInterval) {
		f, err := Lock(path)
		if !errors.Is(err, ErrInUse) || !time.Now().Before(deadline) {
			return f, err
		}
	}
}

// tryLock locks f, or returns ErrInUse if it is locked.
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

// isAt reports whether f is still the file at path.
func isAt(f *os.File, path string) bool {
	ours, err1 := f.Stat()
	theirs, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(ours, theirs)
}
