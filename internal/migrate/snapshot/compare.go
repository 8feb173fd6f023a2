package snapshot

import "fmt"

// Difference is how a database differs from what it shall be: sentences without a full stop.
type Difference struct {
	Missing []string // also what is there and is not as it shall be
	More    []string
}

// Compare compares what shall be with what is.
func Compare(want, is Snapshot) (d Difference) {
	for _, t := range want.Tables {
		other := is.Table(t.Name)
		if other == nil {
			d.miss("the table %s is not there", t.Name)
			continue
		}
		d.table(t, *other)
	}
	for _, t := range is.Tables {
		if want.Table(t.Name) == nil {
			d.more("the table %s is not in the schema", t.Name)
		}
	}
	return d
}

func (d *Difference) table(want, is Table) {
	for _, c := range want.Columns {
		if other := is.Column(c.Name); other == nil || *other != c && other.Type != c.Type {
			d.miss("the column %s.%s is not there, or another", want.Name, c.Name)
		}
	}
	for _, c := range is.Columns {
		if want.Column(c.Name) == nil {
			d.more("the column %s.%s is not in the schema", want.Name, c.Name)
		}
	}
	for _, k := range want.Constraints {
		if other := is.Constraint(k.Name); other == nil || other.Definition != k.Definition || other.NotValid {
			d.miss("the constraint %s of %s is not there, or another", k.Name, want.Name)
		}
	}
}

func (d *Difference) miss(format string, args ...any) {
	d.Missing = append(d.Missing, fmt.Sprintf(format, args...))
}

func (d *Difference) more(format string, args ...any) {
	d.More = append(d.More, fmt.Sprintf(format, args...))
}
