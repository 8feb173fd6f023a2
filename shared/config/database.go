package config

import "net/url"

// Database is where the data is kept.
type Database struct {
	// URL may point to a pooler in transaction mode.
	URL Secret `env:"DATABASE_URL" required:"true" use:"where the data is kept: postgres://user:password@host:5432/name"`
	// UnpooledURL leads to the same database without a pooler. Migrations, LISTEN and locks do
	// not work through a pooler. See [Database.Direct].
	UnpooledURL Secret `env:"DATABASE_UNPOOLED_URL" use:"the same database without a pooler, for migrations and LISTEN; defaults to DATABASE_URL"`
	// MaxConns bounds the connections of one process. If URL says pool_max_conns, that counts.
	MaxConns int `env:"DATABASE_MAX_CONNS" default:"10" use:"how many connections one process opens at most; 2 on Lambda"`
}

// Check implements [Checker].
func (d Database) Check(report func(name, problem string)) {
	checkDatabaseURL(report, "DATABASE_URL", d.URL)
	checkDatabaseURL(report, "DATABASE_UNPOOLED_URL", d.UnpooledURL)
	if d.MaxConns < 1 {
		report("DATABASE_MAX_CONNS", "is malformed: want a number from 1")
	}
}

// Direct returns the URL that reaches the database without a pooler.
func (d Database) Direct() string {
	if d.UnpooledURL != "" {
		return d.UnpooledURL.Reveal()
	}
	return d.URL.Reveal()
}

// Migration is what `router migrate` takes beside [Database].
type Migration struct {
	// Scratch is the URL of an empty database. A role that may not create databases needs one.
	Scratch Secret `env:"SCRATCH_DATABASE_URL" use:"for router migrate by a role that may not create databases: an empty database of the same server's version, in which the schema is tried; nothing stays there"`
	// Deployment tells the releases of a service apart, as in [Jobs].
	Deployment string `env:"RAILWAY_DEPLOYMENT_ID" use:"set by Railway; tells the replicas of one release from those of another"`
}

// Check implements [Checker].
func (m Migration) Check(report func(name, problem string)) {
	checkDatabaseURL(report, "SCRATCH_DATABASE_URL", m.Scratch)
}

// checkDatabaseURL reports name unless s is empty or the address of a database. The host may
// be a parameter, such as the folder of a Unix socket.
func checkDatabaseURL(report func(name, problem string), name string, s Secret) {
	u, err := url.Parse(s.Reveal())
	if s != "" && (err != nil || (u.Host == "" && u.Query().Get("host") == "") || (u.Scheme != "postgres" && u.Scheme != "postgresql")) {
		report(name, "is malformed: want postgres://user:password@host:5432/name")
	}
}
