package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"switchyard/internal/migrate"
	"switchyard/internal/schema"
	"switchyard/internal/stack"
	"switchyard/internal/stack/stacktest"
)

// templateName is the database that the others are copies of.
const templateName = "template_project"

// migrateTimeout bounds making the template, which the test that is first does for
// all; its own end must not end it.
const migrateTimeout = 5 * time.Minute

// mostRetired is how many databases that no test needs any more stay until the server
// stops. To remove one is to remove 300 files, and for a minute thereafter ext4 looks at
// each inode that became free before it takes another: with nothing removed a database is
// there in 20 ms, else in 200. This bounds the disk that it takes: 8 MB a database.
const mostRetired = 64

// shared is the server of this test process.
var shared = stacktest.Server[*server]{Name: "dbtest", Start: start} //nolint:gochecknoglobals // one per process is what the package is for

// server is a running PostgreSQL.
type server struct {
	pg    *stack.Postgres
	admin *pgxpool.Pool

	mu          sync.Mutex
	migrated    bool // or tried
	templateErr error
	retired     []string // names, the oldest first
	mostRetired int
}

func start(ctx context.Context, o stack.Options) (*server, error) {
	pg, err := stack.StartPostgres(ctx, stack.PostgresOptions{Options: o})
	if err != nil {
		return nil, err
	}
	admin, err := pgxpool.New(ctx, pg.URL)
	if err != nil {
		return nil, errors.Join(err, pg.Stop())
	}
	return &server{pg: pg, admin: admin, mostRetired: mostRetired}, nil
}

// Stop ends the server.
func (s *server) Stop() error {
	s.admin.Close()
	return s.pg.Stop()
}

// template returns the name of a database that has the schema, made on the first
// call.
func (s *server) template(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.migrated {
		s.migrated = true
		s.templateErr = s.migrate(ctx)
	}
	return templateName, s.templateErr
}

func (s *server) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), migrateTimeout)
	defer cancel()
	url, err := s.pg.CreateDatabase(ctx, templateName)
	if err != nil {
		return err
	}
	schema, err := findSchema()
	if err != nil {
		return err
	}
	if _, err := migrate.Apply(ctx, url, schema, migrate.Options{}); err != nil {
		return fmt.Errorf("apply the schema in %s: %w", schemaDir, err)
	}
	return nil
}

// schemaDir is where the generator writes the schema, below the root of the project.
const schemaDir = "router/catalog"

// findSchema reads the schema of the project in which the test runs: the go command runs
// a test in the folder of its package. If that is a service that no function needs, its
// tables are added.
func findSchema() (schema.Source, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		s, err := schema.ReadGenerated(filepath.Join(dir, filepath.FromSlash(schemaDir)))
		if err == nil {
			return withTablesOf(s, dir, start)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("there is no %s/%s in or above %s: run go generate ./... in the project", schemaDir, schema.GeneratedHCL, start)
		}
	}
}

// withTablesOf adds the file schema.hcl in dir, below root, to s, if it is not there.
func withTablesOf(s schema.Source, root, dir string) (schema.Source, error) {
	file := filepath.Join(dir, "schema.hcl")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return "", err
	}
	name, err := filepath.Rel(root, file)
	if err != nil {
		return "", err
	}
	name = filepath.ToSlash(name)
	if files := s.Files(); !slices.ContainsFunc(files, func(f schema.File) bool { return f.Name == name }) {
		return schema.Join(append(files, schema.File{Name: name, Text: string(text)})), nil
	}
	return s, nil
}

// create makes a database, as clause says, and returns its URL.
func (s *server) create(ctx context.Context, name, clause string) (string, error) {
	if _, err := s.admin.Exec(ctx, "CREATE DATABASE "+name+clause); err != nil {
		return "", err
	}
	return s.pg.DatabaseURL(name), nil
}

// retire ends all connections to the database and lets nobody connect to it again. It
// drops the one that was retired first, if there are too many.
func (s *server) retire(ctx context.Context, name string) error {
	if _, err := s.admin.Exec(ctx, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`
	if _, err := s.admin.Exec(ctx, end, name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retired = append(s.retired, name)
	if len(s.retired) <= s.mostRetired {
		return nil
	}
	oldest := s.retired[0]
	s.retired = s.retired[1:]
	_, err := s.admin.Exec(ctx, "DROP DATABASE "+oldest+" WITH (FORCE)")
	return err
}
