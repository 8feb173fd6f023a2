package stack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/stack/process"
)

// superuser is who owns everything in our PostgreSQL.
const superuser = "switchyard"

// connectTimeout bounds one attempt to connect to a server of ours.
const connectTimeout = 5 * time.Second

// PostgresOptions is how PostgreSQL is started.
type PostgresOptions struct {
	Options
	// Durable makes the server write to the disk before it reports success.
	// Without it everything is faster, and a crash of the machine (not of the
	// server) may cost the data. A new database is then a copy of one that is kept
	// among the temporary files, and has its password. Defaults to false.
	Durable bool
}

// Postgres is a running PostgreSQL server.
type Postgres struct {
	// URL reaches the database "postgres" as the superuser.
	URL string

	process *process.Process
}

// StartPostgres starts PostgreSQL and returns when it accepts connections. The
// server is the one on the PATH, else the newest one installed in the usual
// places, else one that is downloaded. Its database is made on the first start in
// o.Dir, and kept.
//
// For root the server runs as postgres or nobody. If that user cannot enter o.Dir
// the data is kept in /var/tmp/switchyard-<hash of Dir>.
func StartPostgres(ctx context.Context, o PostgresOptions) (*Postgres, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	user, err := unprivileged()
	if err != nil {
		return nil, err
	}
	bin, err := findPostgres(ctx, user, o.Progress)
	if err != nil {
		return nil, err
	}
	c := cluster{dir: o.Dir, bin: bin, user: user, progress: o.Progress, durable: o.Durable}
	var pg *Postgres
	err = withPort(o.Options, func(port int) error {
		pg, err = c.start(ctx, o, port)
		return err
	})
	return pg, err
}

// start starts the server on port, with its data.
func (c *cluster) start(ctx context.Context, o PostgresOptions, port int) (*Postgres, error) {
	claim, err := process.Take(o.Dir, "postgres")
	if err != nil {
		return nil, err
	}
	if err := c.open(ctx); err != nil {
		claim.Release()
		return nil, err
	}
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, c.password),
		Host:     "127.0.0.1:" + strconv.Itoa(port),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}
	pg := &Postgres{URL: u.String()}
	pg.process, err = start(ctx, process.Command{
		Label: "PostgreSQL", Cmd: c.serve(ctx, port, o.Durable), Signal: syscall.SIGINT,
		Credential: c.user.credential(), Claim: claim, Log: o.Log,
	}, func(ctx context.Context, _ *process.Process) error {
		return pg.admin(ctx, func(conn *pgx.Conn) error { return c.servedBy(ctx, conn) })
	})
	if err != nil {
		return nil, err
	}
	return pg, nil
}

// servedBy returns an error if the connection is to a server of other data. One that is a
// copy as well, and has the port, takes the same password.
func (c *cluster) servedBy(ctx context.Context, conn *pgx.Conn) error {
	var data string
	if err := conn.QueryRow(ctx, "SHOW data_directory").Scan(&data); err != nil {
		return err
	}
	if data != c.data() {
		return fmt.Errorf("the server at its port is that of %s", data)
	}
	return nil
}

// serve returns the command that runs the server. The data directory comes last,
// so that a process listing shows whose server it is.
func (c *cluster) serve(ctx context.Context, port int, durable bool) *exec.Cmd {
	args := []string{"-p", strconv.Itoa(port)}
	settings := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200",
		"timezone=UTC", "log_timezone=UTC", "log_checkpoints=off",
	}
	if !durable {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return c.command(ctx, "postgres", append(args, "-D", c.data())...)
}

// Done is closed when the server has ended, by Stop or by itself.
func (p *Postgres) Done() <-chan struct{} { return p.process.Done() }

// Signal sends s to the server, though not to the processes of its connections,
// which end when it has; see [process.Process.Signal].
func (p *Postgres) Signal(s syscall.Signal) { p.process.Signal(s) }

// Stop ends the server, and the connections to it. It may be called more than
// once; it fails if the server had to be killed.
func (p *Postgres) Stop() error { return p.process.Stop() }

// CreateDatabase makes the database called name if it is not there yet, and
// returns its URL.
func (p *Postgres) CreateDatabase(ctx context.Context, name string) (string, error) {
	const duplicateDatabase, uniqueViolation = "42P04", "23505" // the latter when two make it at once
	err := p.admin(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
		var refused *pgconn.PgError
		if errors.As(err, &refused) && (refused.Code == duplicateDatabase || refused.Code == uniqueViolation) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("create the database %s: %w", name, err)
	}
	return p.DatabaseURL(name), nil
}

// DatabaseURL returns the URL of the database called name, as the superuser.
func (p *Postgres) DatabaseURL(name string) string {
	u, err := url.Parse(p.URL)
	if err != nil {
		return "" // we made it
	}
	u.Path = "/" + name
	return u.String()
}

// admin calls do with a connection as the superuser.
func (p *Postgres) admin(ctx context.Context, do func(*pgx.Conn) error) error {
	connecting, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := pgx.Connect(connecting, p.URL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return do(conn)
}
