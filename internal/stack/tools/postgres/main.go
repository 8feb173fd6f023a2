//go:build ignore

// Command fetch downloads PostgreSQL's programs into an empty folder:
//
//	go run main.go <folder> [<Maven repository>]
//
// It is a module of its own so that the house does not depend on what it needs.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	postgres "github.com/fergusstrange/embedded-postgres"
)

// version is what is downloaded. Data made by one major version cannot be read by
// another.
const version = postgres.V17

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: fetch <folder> [<Maven repository>]")
		os.Exit(2)
	}
	if err := fetch(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func fetch(target string, repository []string) error {
	target, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "switchyard-fetch-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if err := os.Setenv("TMPDIR", scratch); err != nil { // the library leaves a log behind
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	data := filepath.Join(scratch, "data")
	if err := pretend(data); err != nil {
		return err
	}
	config := postgres.DefaultConfig().
		Version(version).
		Port(port). // it is not used, but must be free
		BinariesPath(target).
		CachePath(filepath.Join(scratch, "cache")).
		RuntimePath(filepath.Join(scratch, "runtime")).
		DataPath(data).
		Logger(io.Discard)
	if len(repository) > 0 {
		config = config.BinaryRepositoryURL(repository[0])
	}
	// The library downloads only in order to start a server. Ours cannot start,
	// and that it fails there, and not before, shows that the rest has worked.
	err = postgres.NewDatabase(config).Start()
	if err == nil || !strings.HasPrefix(err.Error(), "could not start postgres") {
		return fmt.Errorf("download PostgreSQL %s: %w", version, err)
	}
	for _, program := range []string{"postgres", "initdb"} {
		if out, err := exec.Command(filepath.Join(target, "bin", program), "--version").CombinedOutput(); err != nil {
			return fmt.Errorf("%s does not run here: %w: %s", program, err, out)
		}
	}
	return nil
}

func freePort() (uint32, error) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return 0, err
	}
	return uint32(l.Addr().(*net.TCPAddr).Port), l.Close()
}

// pretend makes a folder that looks like a database to the library, so that it
// does not make one, which it cannot as root; but not to PostgreSQL.
func pretend(data string) error {
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	major, _, _ := strings.Cut(string(version), ".")
	return os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte(major+"\n"), 0o600)
}
