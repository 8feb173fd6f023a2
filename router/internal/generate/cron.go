package generate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cronField is one of the fields of a cron expression.
type cronField struct {
	name     string
	min, max int
	words    []string // for min, min+1, …
}

// cronFields returns the fields in their order.
func cronFields() []cronField {
	return []cronField{
		{"minute", 0, 59, nil},
		{"hour", 0, 23, nil},
		{"day of the month", 1, 31, nil},
		{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
		{"day of the week", 0, 6, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
	}
}

// cronProblem says what is wrong with a cron expression, or "". It accepts what
// Inngest does, but for descriptors such as @daily.
func cronProblem(expression string) string {
	fields := strings.Fields(expression)
	if len(fields) > 0 && strings.Contains(fields[0], "=") {
		name, zone, _ := strings.Cut(fields[0], "=")
		if name != "TZ" && name != "CRON_TZ" {
			return fmt.Sprintf("begins with %s=: a time zone is written TZ=Europe/Paris", name)
		}
		if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
			return fmt.Sprintf("has the unknown time zone %q: want a name such as Europe/Paris or UTC", zone)
		}
		fields = fields[1:]
	}
	known := cronFields()
	if len(fields) != len(known) {
		return fmt.Sprintf("has %d fields: want minute, hour, day of the month, month and day of the week, "+
			`such as "0 6 * * *" for six o'clock every morning`, len(fields))
	}
	for i, field := range fields {
		for item := range strings.SplitSeq(field, ",") {
			if f := known[i]; !f.accepts(item) {
				return fmt.Sprintf("has %q for its %s: want numbers from %d to %d, as in 5 or 1-5 or 1,5 or */5",
					field, f.name, f.min, f.max)
			}
		}
	}
	return ""
}

// accepts reports whether item can stand in the field: *, n, n-m or one of these
// with a step behind it.
func (f cronField) accepts(item string) bool {
	span, step, stepped := strings.Cut(item, "/")
	if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1) {
		return false
	}
	if span == "*" || span == "?" {
		return true
	}
	from, to, ranged := strings.Cut(span, "-")
	a, ok := f.number(from)
	if !ranged {
		return ok
	}
	b, ok2 := f.number(to)
	return ok && ok2 && a <= b
}

// number returns what s stands for, and whether the field allows it.
func (f cronField) number(s string) (int, bool) {
	if w := slices.Index(f.words, strings.ToUpper(s)); w >= 0 {
		return f.min + w, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= f.min && n <= f.max
}
