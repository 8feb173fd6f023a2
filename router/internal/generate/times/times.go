// Package times checks the expressions of cron and of Amazon EventBridge that say when something
// runs.
package times

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

// The fields of Inngest's expressions, in their order.
//
// Source: github.com/robfig/cron/v3, which Inngest uses with these five and without
// descriptors such as @daily (pkg/inngest/trigger.go of v1.19.3).
func cronFields() []cronField {
	return []cronField{
		{"minute", 0, 59, nil},
		{"hour", 0, 23, nil},
		{"day of the month", 1, 31, nil},
		{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
		{"day of the week", 0, 6, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
	}
}

// descriptors maps the words that other programs take, and Inngest does not, to the five
// fields to write instead.
func descriptors() map[string]string {
	return map[string]string{
		"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
		"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@nightly": "0 3 * * *", "@hourly": "0 * * * *",
	}
}

// CronProblem says what is wrong with a cron expression; "" if nothing is. It accepts what Inngest
// accepts, except for days that never come, such as 31 February.
func CronProblem(expression string) string {
	fields := strings.Fields(expression)
	if len(fields) > 0 && fields[0][0] == '@' {
		instead := descriptors()[strings.ToLower(fields[0])]
		if instead == "" {
			instead = "*/15 * * * *"
		}
		return fmt.Sprintf("is a word that Inngest does not take: write five fields, such as %q", instead)
	}
	if len(fields) > 0 && strings.Contains(fields[0], "=") {
		if problem := zoneProblem(expression, fields[0]); problem != "" {
			return problem
		}
		fields = fields[1:]
	}
	known := cronFields()
	if len(fields) != len(known) {
		return fmt.Sprintf("has %d fields: want minute, hour, day of the month, month and day of the week, "+
			`such as "0 6 * * *" for six o'clock every morning`, len(fields))
	}
	for i, field := range fields {
		if _, ok := known[i].numbers(field); !ok {
			return fmt.Sprintf("has %q for its %s: want numbers from %d to %d, as in 5 or 1-5 or 1,5 or */5",
				field, known[i].name, known[i].min, known[i].max)
		}
	}
	if anyDay := strings.Trim(fields[4], "*?") == ""; anyDay {
		return neverComes(fields[2], fields[3])
	}
	return ""
}

// zoneProblem says what is wrong with the time zone that an expression begins with.
func zoneProblem(expression, first string) string {
	name, zone, _ := strings.Cut(first, "=")
	if name != "TZ" && name != "CRON_TZ" {
		return fmt.Sprintf("begins with %s=: a time zone is written TZ=Europe/Paris", name)
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return fmt.Sprintf("has the unknown time zone %q: want a name such as Europe/Paris or UTC", zone)
	}
	if !strings.HasPrefix(expression, first+" ") {
		return "has no space right behind its time zone, or one before it, which Inngest does not take"
	}
	return ""
}

// neverComes says that no day of the months is one of the days, or returns "".
func neverComes(days, months string) string {
	fields := cronFields()
	ofMonth, _ := fields[2].numbers(days)
	ofYear, _ := fields[3].numbers(months)
	first := slices.Min(ofMonth)
	for _, month := range ofYear {
		const leap = 2000
		if last := time.Date(leap, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day(); first <= last {
			return ""
		}
	}
	return fmt.Sprintf("never comes: there is no day %d in %s", first, time.Month(ofYear[0]))
}

// numbers returns what the field stands for, in no order, and whether it is right: items
// with commas between them, each *, n, n-m or one of these with a step behind it.
func (f cronField) numbers(field string) (all []int, ok bool) {
	for item := range strings.SplitSeq(field, ",") {
		from, to, step, ok := f.item(item)
		if !ok {
			return nil, false
		}
		for n := from; n <= to; n += step {
			all = append(all, n)
		}
	}
	return all, true
}

// item returns the numbers that an item goes through.
func (f cronField) item(item string) (from, to, step int, ok bool) {
	span, every, stepped := strings.Cut(item, "/")
	step = 1
	if stepped {
		var err error
		if step, err = strconv.Atoi(every); err != nil || step < 1 {
			return 0, 0, 0, false
		}
	}
	if span == "*" || span == "?" {
		return f.min, f.max, step, true
	}
	first, last, ranged := strings.Cut(span, "-")
	from, ok = f.number(first)
	switch {
	case ranged:
		var okLast bool
		to, okLast = f.number(last)
		ok = ok && okLast && from <= to
	case stepped:
		to = f.max
	default:
		to = from
	}
	return from, to, step, ok
}

// number returns what s stands for, and whether the field allows it.
func (f cronField) number(s string) (int, bool) {
	if w := slices.Index(f.words, strings.ToUpper(s)); w >= 0 {
		return f.min + w, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= f.min && n <= f.max
}
