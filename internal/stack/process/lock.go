package process

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// ErrInUse means that a living process has the lock or the claim.
var ErrInUse = errors.New("in use by another process")

// A Locked file is locked until Close, or until this process ends.
type Locked struct{ *os.File }

// Close unlocks the file and closes it. Closing alone would not do: a child that is being
// started at this moment has the descriptor too, and so the lock, until it runs its program.
func (f *Locked) Close() error {
	return errors.Join(flock(f.File, syscall.LOCK_UN), f.File.Close())
}

// Lock opens the file at path, made if it is not there, and locks it. It fails with
// [ErrInUse] if somebody has it locked.
func Lock(path string) (*Locked, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if err := flock(f, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		locked := &Locked{f}
		if isAt(f, path) {
			return locked, nil
		}
		if err := locked.Close(); err != nil { // it was removed before we had it
			return nil, err
		}
	}
}

// lockPatiently is Lock with some patience.
func lockPatiently(path string, patience time.Duration) (*Locked, error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(pollInterval) {
		f, err := Lock(path)
		if !errors.Is(err, ErrInUse) || !time.Now().Before(deadline) {
			return f, err
		}
	}
}

// flock does what how says with the lock of f; it fails with [ErrInUse] if somebody has it.
func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
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
