package stack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"switchyard/internal/stack/process"
)

// cluster is the data of a PostgreSQL server, and what may work on it.
type cluster struct {
	dir      string // Options.Dir
	bin      string // the folder of the programs
	user     *account
	progress func(string)
	durable  bool   // PostgresOptions.Durable
	base     string // where the data is: in dir, or in its stand-in
	password string // of the superuser
}

func (c *cluster) data() string         { return filepath.Join(c.base, "data") }
func (c *cluster) passwordFile() string { return filepath.Join(c.dir, "postgres.password") }

// open finds the data and the password, or makes them.
func (c *cluster) open(ctx context.Context) error {
	standsIn := !c.user.reaches(c.dir)
	if c.base = filepath.Join(c.dir, "postgres"); standsIn {
		c.base = standIn(c.dir)
	}
	if err := makeOwn(c.base); err != nil {
		return err
	}
	if standsIn {
		if err := os.WriteFile(filepath.Join(c.base, standsFor), []byte(c.dir), 0o600); err != nil {
			return err
		}
	}
	version, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return c.init(ctx)
	}
	if err != nil {
		return err
	}
	password, err := os.ReadFile(c.passwordFile())
	switch {
	case errors.Is(err, os.ErrNotExist) && standsIn:
		// dir was deleted, to start anew.
		if err := os.RemoveAll(c.data()); err != nil {
			return err
		}
		return c.init(ctx)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s holds a database, but its password, %s, is gone: delete %[1]s to start with an empty one", c.data(), c.passwordFile())
	case err != nil:
		return err
	}
	c.password = strings.TrimSpace(string(password))
	if err := c.checkVersion(ctx, strings.TrimSpace(string(version))); err != nil {
		return err
	}
	return c.dropStalePid()
}

// HasPostgres reports whether dir has the data of a PostgreSQL.
func HasPostgres(dir string) bool {
	c := cluster{dir: dir}
	return exists(c.passwordFile())
}

// RemovePostgres removes the data of a PostgreSQL that was started in dir, and is stopped.
func RemovePostgres(dir string) error {
	c := cluster{dir: dir}
	if err := os.Remove(c.passwordFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return errors.Join(os.RemoveAll(filepath.Join(dir, "postgres")), os.RemoveAll(standIn(dir)))
}

// init makes an empty cluster. It appears under its name only when it is complete.
func (c *cluster) init(ctx context.Context) error {
	unfinished, archive := c.data()+".new", c.archive(ctx)
	if c.unpack(archive, unfinished) != nil { // there is none, or it is broken
		if err := c.create(ctx, unfinished); err != nil {
			return err
		}
		if archive != "" {
			_ = c.pack(unfinished, archive) // what cannot be kept is made again
		}
	}
	if err := os.WriteFile(c.passwordFile(), []byte(c.password+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, c.data())
}

// clear makes the folder, and removes what was in it.
func (c *cluster) clear(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return c.user.own(dir)
}

// create makes the folder, with a cluster that has a new password.
func (c *cluster) create(ctx context.Context, dir string) error {
	c.progress("preparing an empty PostgreSQL database")
	if err := c.clear(dir); err != nil {
		return err
	}
	c.password = rand.Text()
	pwfile := filepath.Join(c.base, "initdb.password") // initdb must be able to read it
	defer func() { _ = os.Remove(pwfile) }()
	if err := os.WriteFile(pwfile, []byte(c.password+"\n"), 0o600); err != nil {
		return err
	}
	if err := c.user.own(pwfile); err != nil {
		return err
	}
	return c.initdb(ctx, dir, pwfile)
}

// locales are those of a database, the best first. A system without C.UTF-8 gets C, which
// sorts the same and knows upper and lower case of ASCII alone.
func locales() []string { return []string{"C.UTF-8", "C"} }

// initdbFlags returns how any cluster is made.
func initdbFlags() []string {
	return []string{"--no-sync", "--encoding=UTF8", "--auth=scram-sha-256", "--username=" + superuser}
}

// initdb fills the folder.
func (c *cluster) initdb(ctx context.Context, dir, pwfile string) error {
	var errs []error
	for _, locale := range locales() {
		cmd := c.command(ctx, "initdb", append(initdbFlags(), "--locale="+locale, "--pwfile="+pwfile, "-D", dir)...)
		out, err := process.Run(ctx, process.Command{Cmd: cmd, Credential: c.user.credential()})
		if err == nil {
			return nil
		}
		errs = append(errs, fmt.Errorf("prepare the database with %s, locale %s: %w; it said:\n%s", cmd.Path, locale, err, quote(out)))
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// command returns a command that runs one of PostgreSQL's programs. It inherits
// no PG variable, which might point it to another server.
func (c *cluster) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(c.bin, program), args...) //nolint:gosec // the program is one of ours
	cmd.Dir = c.base
	setEnv(cmd, []string{"PG"}, "LC_ALL=C")
	return cmd
}

// checkVersion compares the major version of the data with that of the server.
func (c *cluster) checkVersion(ctx context.Context, data string) error {
	banner, err := c.version(ctx)
	if err != nil {
		return err
	}
	if server := majorVersion(banner); server != data {
		return fmt.Errorf("the database in %s was made by PostgreSQL %s, but %s is version %s: put version %[2]s on the PATH, or delete %[1]s to start with an empty one",
			c.data(), data, c.bin, server)
	}
	return nil
}

// version returns what the server says of its version: "postgres (PostgreSQL) 17.5 (Debian 17.5-1)".
func (c *cluster) version(ctx context.Context) (string, error) {
	out, err := process.Run(ctx, process.Command{Cmd: c.command(ctx, "postgres", "--version"), Credential: c.user.credential()})
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w; it said:\n%s", filepath.Join(c.bin, "postgres"), err, quote(out))
	}
	return out, nil
}

// majorVersion returns the 17 of such a version.
func majorVersion(banner string) string {
	_, version, _ := strings.Cut(banner, "(PostgreSQL) ")
	if end := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		version = version[:end]
	}
	return version
}

// dropStalePid removes the postmaster.pid of a server that was killed, unless its
// process is there. PostgreSQL does so itself, but takes any process that has got
// the same id since, and belongs to the same user, for the server.
func (c *cluster) dropStalePid() error {
	file := filepath.Join(c.data(), "postmaster.pid")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err == nil && strings.Contains(process.CommandLine(pid), c.data()) {
		return fmt.Errorf("process %d runs PostgreSQL on %s: %w", pid, c.data(), process.ErrInUse)
	}
	return os.Remove(file)
}
