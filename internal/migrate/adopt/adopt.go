// Package adopt describes a database that something else has made, Drizzle, Prisma, Better
// Auth, goose or people, as files of a schema: tables in HCL, and what HCL cannot say in
// SQL files. What it writes is made in the scratch database and compared with the
// database, in both directions, before it counts.
package adopt

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/names"
	"switchyard/internal/schema"
)

// Input is what [Write] works on.
type Input struct {
	Conn *pgx.Conn // to the database
	// Have are the files that the program has beside those of Dir: those of services. Write
	// does not write their tables again.
	Have schema.Source
	// Names are the names that the database has for Better Auth's tables. The files have Better
	// Auth's own.
	Names names.Names
	// Dir is the folder of the files to write. It is made if it is not there. A file in it is
	// overwritten if it says nothing, or if it is as an earlier Write has left it.
	Dir string
	// Make makes a schema in an empty database, and returns what is then in it.
	Make func(context.Context, schema.Source) (snapshot.Snapshot, error)
}

// Report is what [Write] did, a sentence each.
type Report struct {
	Wrote      []string // the files, with Dir
	Recognised []string // whose tables these are
	// Differs is what the services need, and the database does not have, or has otherwise. The
	// next plan will change it.
	Differs []string
	// Left is what was not adopted, and what to do about it.
	Left []string
}

// Write writes the files. If it returns an error, it has written none.
func Write(ctx context.Context, in Input) (Report, error) {
	names, left, err := schemas(ctx, in.Conn)
	if err != nil {
		return Report{}, err
	}
	is, err := snapshot.Read(ctx, in.Conn, names)
	if err != nil {
		return Report{}, fmt.Errorf("read the database: %w", err)
	}
	more, err := readDetails(ctx, in.Conn, names)
	if err != nil {
		return Report{}, fmt.Errorf("read the database: %w", err)
	}
	has := snapshot.Snapshot{}
	if strings.TrimSpace(string(in.Have)) != "" {
		if has, err = in.Make(ctx, in.Have); err != nil {
			return Report{}, err
		}
	}
	r := Report{Recognised: recognise(is), Left: append(left, more.left...)}
	files, made, err := describe(ctx, in, is, has, more)
	if err != nil {
		return Report{}, err
	}
	d := snapshot.Compare(made, is)
	for _, f := range d.Missing {
		r.Differs = append(r.Differs, f.Text)
	}
	for _, f := range d.More {
		r.Left = append(r.Left, f.Text)
	}
	r.Wrote, err = save(in.Dir, files)
	return r, err
}

// describe returns the files, and what they make together with those that there are. What
// comes out of HCL otherwise than it is in the database is said in SQL.
func describe(ctx context.Context, in Input, is, has snapshot.Snapshot, more details) ([]schema.File, snapshot.Snapshot, error) {
	inSQL := map[part]bool{}
	for {
		w := newWriter(is, has, more, inSQL)
		files := schema.Join(w.files()).Unnamed(in.Names).Files()
		made, err := in.Make(ctx, schema.Join(append(in.Have.Files(), files...)))
		if err != nil {
			return nil, made, fmt.Errorf("what was to be written does not work: %w", err)
		}
		if !otherwise(is, made, has, inSQL) {
			return files, made, nil
		}
	}
}

// part is an index or a constraint of a table.
type part struct {
	table snapshot.Name
	name  string
}

// otherwise adds to inSQL what of is has come out otherwise in made, and reports whether
// there was something to add.
func otherwise(is, made, has snapshot.Snapshot, inSQL map[part]bool) (some bool) {
	for _, t := range is.Tables {
		m, h := made.Table(t.Name), has.Table(t.Name)
		if m == nil {
			continue
		}
		definitions := parts(*m)
		for name, definition := range parts(t) {
			p := part{t.Name, name}
			if definitions[name] != definition && !inSQL[p] && (h == nil || parts(*h)[name] == "") {
				inSQL[p], some = true, true
			}
		}
	}
	return some
}

// parts returns the definitions of the constraints and indexes of t, by their names.
func parts(t snapshot.Table) map[string]string {
	all := map[string]string{}
	for _, c := range t.Constraints {
		all[c.Name] = fmt.Sprint(c.Definition, c.NotValid)
	}
	for _, i := range t.Indexes {
		all[i.Name] = i.Definition
	}
	return all
}
