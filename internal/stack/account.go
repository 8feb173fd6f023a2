package stack

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is a user of this machine. A nil account stands for whoever we are.
type account struct {
	name     string
	uid, gid uint32
}

// unprivileged returns the account of a server that refuses to run as root, or
// nil if we are not root.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // a nil account stands for whoever we are
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and this machine has no user postgres or nobody to run it as: make one (useradd postgres), or run this as another user")
}

// credential returns what makes a child run as a.
func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own gives the file or folder to a.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// reaches reports whether a may enter the folder and all that lead to it.
func (a *account) reaches(dir string) bool {
	if a == nil {
		return true
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false
	}
	for {
		info, err := os.Stat(dir)
		if err != nil || !a.enters(info) {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}

func (a *account) enters(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return false
	case stat.Uid == a.uid:
		return info.Mode()&0o100 != 0
	case stat.Gid == a.gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}

// standIns is the path of a stand-in, up to the hash of the folder that it is for.
const standIns = "/var/tmp/switchyard-"

// standIn returns the folder that takes the place of dir for a server whose
// account cannot enter dir, for example because it is root's home.
func standIn(dir string) string {
	hash := sha256.Sum256([]byte(dir))
	return fmt.Sprintf("%s%x", standIns, hash[:8])
}

// makeOwn makes the folder, which others may enter but not list. Anybody can write
// to /var/tmp, so that a folder that is there already must be our own.
func makeOwn(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if !ours(dir) {
		return fmt.Errorf("%s belongs to another user: remove it, or choose another folder", dir)
	}
	return os.Chmod(dir, 0o711) //nolint:gosec // the server's account must get through
}

// ours reports whether dir is a folder, and no link to one, that this process's user made.
func ours(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return info.IsDir() && ok && int(stat.Uid) == os.Geteuid()
}
