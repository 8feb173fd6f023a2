// Package config reads the environment into typed, validated structs, one
// section for each service, and is the only place that reads it.
//
// A section is a struct whose fields carry tags:
//
//	type Database struct {
//		URL Secret `env:"DATABASE_URL" required:"true" use:"where the data is kept"`
//	}
//
//	env       the variable
//	also      other names for it, tried in order when it is not set
//	use       what it is for, shown with every problem and by `router env`
//	default   what it is when not set
//	required  "true" if it must be set
//
// Fields may be string, bool, int, time.Duration or any type that implements
// encoding.TextUnmarshaler; an embedded struct is part of the section. A section
// that has rules of its own implements [Checker]. A variable that is set to
// nothing counts as not set.
//
// A function that needs a variable of its own takes a section as a field, a
// service as a parameter of Open. The section stands here, or if one service alone
// needs it, beside that: any struct of a package in shared/ may be one.
package config

import (
	"encoding"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Var describes one environment variable.
type Var struct {
	Name     string
	Also     []string // other names for it
	Use      string   // what it is for
	Default  string
	Required bool
	Secret   bool // its value must never be shown
}

// Checker is a section with rules beyond its fields' tags. Check calls report
// for each variable that is wrong, saying how to put it right. A field whose
// variable is malformed is zero by then; what is said of it again is not reported.
type Checker interface {
	Check(report func(name, problem string))
}

// Problem is one variable that is missing or malformed.
type Problem struct {
	Name   string // the variable
	Detail string // what is wrong with it; never its value
	Use    string // what it is for
}

// Error is everything that is wrong with an environment.
type Error struct{ Problems []Problem }

// Error lists the problems, a line each.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("the environment is not complete:")
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "\n  %s %s", p.Name, p.Detail)
		if p.Use != "" {
			fmt.Fprintf(&b, " (%s)", p.Use)
		}
	}
	return b.String()
}

// Reader reads sections from one environment and collects what is wrong.
type Reader struct {
	getenv   func(string) string
	problems []Problem
}

// NewReader returns a Reader of the environment that getenv knows, for example
// os.Getenv.
func NewReader(getenv func(string) string) *Reader { return &Reader{getenv: getenv} }

// Read reads the section T. What is wrong with it is kept for [Reader.Err], so
// that a whole environment is reported at once.
func Read[T any](r *Reader) T {
	var section T
	r.fill(reflect.ValueOf(&section).Elem())
	if c, ok := any(section).(Checker); ok {
		uses := map[string]string{}
		for _, v := range VarsOf[T]() {
			uses[v.Name] = v.Use
		}
		c.Check(func(name, problem string) {
			r.report(Problem{Name: name, Detail: problem, Use: uses[name]})
		})
	}
	return section
}

// Err returns an *[Error] with all problems so far, in order of their names, or
// nil if there are none.
func (r *Reader) Err() error {
	if len(r.problems) == 0 {
		return nil
	}
	sorted := slices.SortedStableFunc(slices.Values(r.problems), func(a, b Problem) int {
		return strings.Compare(a.Name, b.Name)
	})
	return &Error{Problems: sorted}
}

// Lookup returns the value of v and the name it was found under, or "" for both.
func (r *Reader) Lookup(v Var) (value, name string) {
	for _, name := range append([]string{v.Name}, v.Also...) {
		if value := r.getenv(name); value != "" {
			return value, name
		}
	}
	return "", ""
}

// VarsOf lists the variables of the section T in the order of its fields.
func VarsOf[T any]() []Var { return varsOf(reflect.TypeFor[T]()) }

func varsOf(t reflect.Type) []Var {
	var vars []Var
	for f := range t.Fields() {
		if f.Anonymous {
			vars = append(vars, varsOf(f.Type)...)
			continue
		}
		vars = append(vars, varOf(f))
	}
	return vars
}

func varOf(f reflect.StructField) Var {
	v := Var{
		Name:     f.Tag.Get("env"),
		Use:      f.Tag.Get("use"),
		Default:  f.Tag.Get("default"),
		Required: f.Tag.Get("required") == "true",
		Secret:   isSecret(f.Type),
	}
	if also := f.Tag.Get("also"); also != "" {
		v.Also = strings.Split(also, ",")
	}
	return v
}

// isSecret reports whether t is a type that holds secrets.
func isSecret(t reflect.Type) bool {
	return t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[SecretList]() || t == reflect.TypeFor[WebhookSources]()
}

func (r *Reader) fill(section reflect.Value) {
	for i := range section.NumField() {
		f := section.Type().Field(i)
		if f.Anonymous {
			r.fill(section.Field(i))
			continue
		}
		v := varOf(f)
		text, name := r.Lookup(v)
		if text == "" {
			text, name = v.Default, v.Name
		}
		switch {
		case text != "":
			if err := set(section.Field(i), text); err != nil {
				r.report(Problem{Name: name, Detail: "is malformed: " + err.Error(), Use: v.Use})
			}
		case v.Required:
			r.report(Problem{Name: v.Name, Detail: "is not set", Use: v.Use})
		}
	}
}

// report keeps p unless the same variable is already known to be wrong: two
// sections may share a variable.
func (r *Reader) report(p Problem) {
	if !slices.ContainsFunc(r.problems, func(q Problem) bool { return q.Name == p.Name }) {
		r.problems = append(r.problems, p)
	}
}

// set parses text into field. Its errors never repeat the text, which may be a
// secret.
func set(field reflect.Value, text string) error {
	switch target := field.Addr().Interface().(type) {
	case *slog.Level: // whose own error repeats the text
		if target.UnmarshalText([]byte(text)) != nil {
			return fmt.Errorf("want debug, info, warn or error")
		}
	case encoding.TextUnmarshaler:
		return target.UnmarshalText([]byte(text))
	case *string:
		*target = text
	case *bool:
		switch strings.ToLower(text) {
		case "on", "true", "1":
			*target = true
		case "off", "false", "0":
			*target = false
		default:
			return fmt.Errorf("want on or off")
		}
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("want a whole number")
		}
		*target = n
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return fmt.Errorf("want a duration such as 30s or 5m")
		}
		*target = d
	default:
		panic(fmt.Sprintf("config: a field of type %s cannot be read", field.Type()))
	}
	return nil
}
