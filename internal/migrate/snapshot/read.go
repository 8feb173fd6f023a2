package snapshot

import (
	"context"
	_ "embed"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

const schemasSQL = `SELECT nspname FROM pg_namespace WHERE nspname = ANY($1) ORDER BY nspname`

// The other queries, for the PostgreSQL schemas of $1.
var (
	//go:embed sql/tables.sql
	tablesSQL string
	//go:embed sql/columns.sql
	columnsSQL string
	//go:embed sql/constraints.sql
	constraintsSQL string
	//go:embed sql/indexes.sql
	indexesSQL string
	//go:embed sql/enums.sql
	enumsSQL string
	//go:embed sql/objects.sql
	objectsSQL string
)

// settings are what PostgreSQL's words depend on. With an empty search path every name is
// written with its schema.
const settings = `SET LOCAL search_path = ''; SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres';
	SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL quote_all_identifiers = off`

// records is the PostgreSQL schema of package record, which is nobody's business.
const records = "switchyard_internal"

// Beginner begins transactions: a *pgx.Conn, or a pgx.Tx, in which they are savepoints.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Read returns what the given PostgreSQL schemas of a database hold, all as of one moment, and
// its extensions. It leaves out partitions and what belongs to an extension. Any role may call
// it, since it reads system catalogs alone.
func Read(ctx context.Context, on Beginner, schemas []string) (s Snapshot, err error) {
	tx, err := begin(ctx, on)
	if err != nil {
		return s, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // nothing is changed
	if _, err := tx.Exec(ctx, settings); err != nil {
		return s, err
	}
	s.Server, _, _ = strings.Cut(tx.Conn().PgConn().ParameterStatus("server_version"), ".")
	schemas = slices.DeleteFunc(slices.Clone(schemas), func(name string) bool { return name == records })
	batch := &pgx.Batch{}
	for _, query := range []string{schemasSQL, tablesSQL, columnsSQL, constraintsSQL, indexesSQL, enumsSQL, objectsSQL} {
		batch.Queue(query, schemas)
	}
	answers := tx.SendBatch(ctx, batch)
	if err := s.read(answers); err != nil {
		_ = answers.Close() // says the same
		return s, err
	}
	return s, answers.Close()
}

// begin begins a transaction in which all queries see the database at one time. Inside of
// another one that is not for us to say.
func begin(ctx context.Context, on Beginner) (pgx.Tx, error) {
	type outermost interface {
		BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error)
	}
	if conn, ok := on.(outermost); ok {
		return conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	}
	return on.Begin(ctx)
}
