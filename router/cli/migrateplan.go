package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"switchyard/internal/migrate"
	"switchyard/internal/migrate/plan"
)

// planned is a statement of a plan, for programs.
type planned struct {
	SQL    string     `json:"sql"`
	Class  plan.Class `json:"class"`
	Object string     `json:"object"`
	Why    string     `json:"why"`
	Allow  string     `json:"allow"` // the consent without which it is refused; "" if it needs none
	Given  bool       `json:"given"` // that consent
	File   string     `json:"file"`
}

func listSteps(steps []plan.Step) []planned {
	all := []planned{}
	for _, s := range steps {
		all = append(all, planned{SQL: s.SQL, Class: s.Class, Object: s.Object, Why: s.Why, Allow: s.Allow, Given: s.Given, File: s.File})
	}
	return all
}

// writePlan shows a plan to people: SQL, with what there is to say of it as comments.
func writePlan(w io.Writer, r migrate.Result) error {
	var b strings.Builder
	writeSteps(&b, r.Steps)
	if len(r.Steps) > 0 {
		fmt.Fprintf(&b, "\n%s planned in %s: %s.\n", count(len(r.Steps)), r.Took.Round(time.Millisecond), classes(r.Steps))
	}
	if missing := consentsOf((plan.Plan{Steps: r.Steps}).Refused()); missing != "" {
		fmt.Fprintf(&b, "Refused without:%s\n", missing)
	}
	writeRest(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeApplied says what a migration did. The statements were shown as they ran.
func writeApplied(w io.Writer, r migrate.Result) {
	for _, s := range r.Steps {
		if s.Class != plan.Safe {
			fmt.Fprintf(w, "-- %s: %s: %s%s\n", s.Object, s.Class, s.Why, allowed(s))
		}
	}
	if len(r.Steps) > 0 {
		fmt.Fprintf(w, "%s applied in %s.\n", count(len(r.Steps)), r.Took.Round(time.Millisecond))
	}
	writeRest(w, r)
}

// writeRest says what else was found.
func writeRest(w io.Writer, r migrate.Result) {
	if len(r.Steps) == 0 {
		fmt.Fprintf(w, "The database is in step; nothing to do (%s).\n", r.Took.Round(time.Millisecond))
	}
	writeList(w, "Left alone, as more than the schema says:", r.Left)
	writeList(w, "Warnings:", r.Warnings)
}

func writeList(w io.Writer, title string, sentences []string) {
	if len(sentences) == 0 {
		return
	}
	fmt.Fprintln(w, title)
	for _, s := range sentences {
		fmt.Fprintf(w, "  %s\n", s)
	}
}

// writeSteps writes the statements, below the file that each is of.
func writeSteps(b *strings.Builder, steps []plan.Step) {
	file := "\x00"
	for _, s := range steps {
		if s.File != file {
			if file != "\x00" {
				b.WriteString("\n")
			}
			file = s.File
			fmt.Fprintf(b, "-- %s\n", cmp.Or(file, "in no file"))
		}
		fmt.Fprintf(b, "%s%s\n", remark(s), sqlOf(s))
	}
}

// remark returns comments that say what a step means.
func remark(s plan.Step) string {
	text := "-- " + string(s.Class)
	if s.Why != "" {
		text += ": " + oneLine(s.Why)
	}
	return text + allowed(s) + "\n"
}

func allowed(s plan.Step) string {
	switch {
	case s.Allow == "":
		return ""
	case s.Given:
		return "; allowed by --allow " + s.Allow
	}
	return "; needs --allow " + s.Allow
}

// sqlOf returns the SQL of a step, as comments if it is not done.
func sqlOf(s plan.Step) string {
	sql := ended(s.SQL)
	if s.Class == plan.Unsupported {
		return "-- " + strings.ReplaceAll(sql, "\n", "\n-- ")
	}
	return sql
}

// ended returns a statement with the semicolon that ends it, which is not part of a comment.
func ended(sql string) string {
	sql = strings.TrimSpace(sql)
	last := sql[strings.LastIndexByte(sql, '\n')+1:]
	switch {
	case strings.Contains(last, "--"):
		return sql + "\n;"
	case strings.HasSuffix(sql, ";"):
		return sql
	}
	return sql + ";"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// classes counts steps by their classes: "3 safe, 1 losing".
func classes(steps []plan.Step) string {
	var parts []string
	for _, c := range []plan.Class{plan.Safe, plan.Slow, plan.Breaking, plan.Losing, plan.Unsupported} {
		n := 0
		for _, s := range steps {
			if s.Class == c {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c))
		}
	}
	return strings.Join(parts, ", ")
}

// consentsOf returns the flags that allow the steps, each once: " --allow drop:orders.note".
func consentsOf(steps []plan.Step) (flags string) {
	known := map[string]bool{"": true}
	for _, s := range steps {
		if !known[s.Allow] {
			known[s.Allow] = true
			flags += " --allow " + s.Allow
		}
	}
	return flags
}

func count(statements int) string {
	if statements == 1 {
		return "1 statement"
	}
	return fmt.Sprintf("%d statements", statements)
}
