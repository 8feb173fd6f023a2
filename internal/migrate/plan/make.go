package plan

import (
	"slices"

	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
)

// Input is what a plan is made from.
type Input struct {
	Is snapshot.Snapshot // what the database holds, with Stats
	// Want is what it shall hold: what HCL says, and what the SQL files say that ran on it.
	Want snapshot.Snapshot
	// Then is Want together with what the SQL files will make that are still to run. The plan
	// drops nothing that is in it.
	Then snapshot.Snapshot
	// Last is what the newest of the applied schemas made. Latest is what the schema that was
	// applied last made: after a rollback, that is an older one. Each is nil if it is not known.
	// They tell what a schema has made from what somebody made by hand.
	Last, Latest *snapshot.Snapshot
	// Unrecorded says that a schema was applied by an older version of the router, which did not
	// record what it made. Then anything in the database may be the schema's.
	Unrecorded bool
	// Older says that this release rolls back: Last is of a later one. The plan then leaves
	// alone what the later releases changed.
	Older    bool
	Renames  []Rename
	Scripts  []PendingScript
	Releases []release.Release // that live
	Allow    []string          // consents, as Step.Allow
	Homes    map[string]string // the file of each table, by its name in PostgreSQL: "public.user"
}

// Rename is a table or a column that the schema says had another name.
type Rename struct {
	Table  snapshot.Name // its name now
	Column string        // its name now; "" if it is the table that was renamed
	From   string
}

// PendingScript is an SQL file that has not run on the database.
type PendingScript struct {
	Script
	File string
}

// Plan is what there is to do.
type Plan struct {
	Steps []Step // in the order in which they run
	// Left are sentences about what the database has beyond the schema, and keeps.
	Left []string
}

// Refused returns the steps that cannot run: those without their consent, and those that
// are not supported.
func (p Plan) Refused() []Step {
	var refused []Step
	for _, s := range p.Steps {
		if s.Class == Unsupported || s.Allow != "" && !s.Given {
			refused = append(refused, s)
		}
	}
	return refused
}

// The phases of a migration, in order. Releases that live can go on until contract.
type phase int

const (
	prepare   phase = iota // PostgreSQL schemas, and SQL files that the tables need
	rename                 // tables and columns
	types                  // enums and their values
	relax                  // rules that go
	create                 // tables
	expand                 // columns
	fill                   // new columns of rows that are there
	index                  // indexes
	constrain              // rules that come
	refer                  // foreign keys
	scripts                // SQL files
	contract               // NOT NULL, and what goes
	phases
)

// planner makes a plan.
type planner struct {
	Input
	steps [phases][]Step
	left  []string
}

// Make returns the plan that changes in.Is into what in.Want and in.Then say.
func Make(in Input) Plan {
	p := &planner{Input: in}
	p.Is = p.applyRenames(clone(in.Is))
	p.schemas()
	p.scriptFiles()
	p.enums()
	p.tables()
	p.objects()
	made := Plan{Left: p.left}
	for _, steps := range p.steps {
		made.Steps = append(made.Steps, steps...)
	}
	for i := range made.Steps {
		s := &made.Steps[i]
		s.Given = s.Allow != "" && slices.Contains(in.Allow, s.Allow)
	}
	group(made.Steps)
	return made
}

// group numbers the transactions: neighbours of one group run together if they are about
// one object, or make tables that nobody uses yet.
func group(steps []Step) {
	number, last := 0, Step{}
	for i := range steps {
		s := &steps[i]
		if s.Group == 0 {
			last = Step{}
			continue
		}
		if s.Group != last.Group || s.Object != last.Object && s.Group != creating {
			number++
		}
		last = *s
		s.Group = number
	}
}

func (p *planner) add(at phase, s Step) {
	if s.Class == "" {
		s.Class = Safe
	}
	p.steps[at] = append(p.steps[at], s)
}

// schemas makes the PostgreSQL schemas that are not there.
func (p *planner) schemas() {
	for _, name := range p.Want.Schemas {
		if !slices.Contains(p.Is.Schemas, name) {
			p.add(prepare, Step{SQL: "CREATE SCHEMA " + quote(name), Object: name})
		}
	}
}

func (p *planner) scriptFiles() {
	for _, s := range p.Scripts {
		at := scripts
		if s.Before {
			at = prepare
		}
		script := s.Script
		way := Once
		why := "runs once, in one transaction"
		if s.Repeat {
			way, why = Batches, "each statement runs until it changes no row, in a transaction each"
		}
		p.add(at, Step{SQL: joined(s.Statements), Object: s.File, Why: why, File: s.File, Way: way, Script: &script})
	}
}

// made reports whether a migration made what has finds in a snapshot.
func (p *planner) made(has func(snapshot.Snapshot) bool) bool {
	return p.Unrecorded || p.Last != nil && has(*p.Last) || p.Latest != nil && has(*p.Latest)
}

// later reports whether something that a migration made is that of a later release, which
// this one leaves alone unless there is a consent to remove it.
func (p *planner) later(known bool, consent string) bool {
	return p.Older && known && !slices.Contains(p.Allow, consent)
}

// keep notes that something is more than the schema says, and stays.
func (p *planner) keep(text string) { p.left = append(p.left, text) }

// clone copies what renaming changes.
func clone(s snapshot.Snapshot) snapshot.Snapshot {
	s.Tables = slices.Clone(s.Tables)
	for i := range s.Tables {
		t := &s.Tables[i]
		t.Columns, t.Constraints, t.Indexes = slices.Clone(t.Columns), slices.Clone(t.Constraints), slices.Clone(t.Indexes)
	}
	s.Objects = slices.Clone(s.Objects)
	return s
}
