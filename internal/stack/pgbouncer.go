package stack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/stack/process"
)

// ErrNoPgBouncer says that there is no pgbouncer on this machine.
var ErrNoPgBouncer = errors.New("PgBouncer is not installed: there is no pgbouncer on the PATH (Debian: apt-get install pgbouncer)")

// PgBouncerOptions configures a pooler.
type PgBouncerOptions struct {
	Options
	// Database is the URL of the database behind it, with a user and a password.
	Database string
	// Mode says when a client gives its connection to the server back: at the end of each
	// "session", "transaction" or "statement".
	Mode string
}

// PgBouncer is a running pooler.
type PgBouncer struct {
	URL string // of the database, through the pooler

	process *process.Process
}

// StartPgBouncer starts the pgbouncer on the PATH and returns when it answers. It asks
// clients for no password. For root it runs as postgres or nobody, who must be able to
// enter o.Dir: see [TempDir].
func StartPgBouncer(ctx context.Context, o PgBouncerOptions) (*PgBouncer, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		return nil, ErrNoPgBouncer
	}
	user, err := unprivileged()
	if err != nil {
		return nil, err
	}
	var p *PgBouncer
	err = withPort(o.Options, func(port int) error {
		p, err = startPgBouncer(ctx, o, program, user, port)
		return err
	})
	return p, err
}

func startPgBouncer(ctx context.Context, o PgBouncerOptions, program string, user *account, port int) (*PgBouncer, error) {
	u, err := url.Parse(o.Database)
	if err != nil {
		return nil, errors.New("the database's URL is malformed")
	}
	file := filepath.Join(o.Dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(o.settings(u, port)), 0o600); err != nil {
		return nil, err
	}
	if err := user.own(file); err != nil {
		return nil, err
	}
	claim, err := process.Take(o.Dir, "pgbouncer")
	if err != nil {
		return nil, err
	}
	u.Host = fmt.Sprintf("127.0.0.1:%d", port)
	p := &PgBouncer{URL: u.String()}
	p.process, err = start(ctx, process.Command{
		Label: "PgBouncer", Cmd: exec.CommandContext(context.WithoutCancel(ctx), program, file), Signal: syscall.SIGINT, //nolint:gosec // the program is the one of this machine
		Credential: user.credential(), Claim: claim, Log: o.Log,
	}, p.answers)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (o PgBouncerOptions) settings(u *url.URL, port int) string {
	password, _ := u.User.Password()
	return fmt.Sprintf(`[databases]
* = host=%s port=%s user=%s password=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = %s
max_client_conn = 500
`, u.Hostname(), u.Port(), u.User.Username(), password, port, o.Mode)
}

// answers returns nil if the database can be asked through the pooler.
func (p *PgBouncer) answers(ctx context.Context, _ *process.Process) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.URL)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// Stop ends the pooler. It may be called more than once; it fails if the pooler had to
// be killed.
func (p *PgBouncer) Stop() error { return p.process.Stop() }
