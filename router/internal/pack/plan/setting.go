package plan

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"switchyard/shared/config"
)

// Setting is a variable of a program, and whether somebody has to give its value.
type Setting struct {
	config.Var
	// Required means that nothing runs without it: a parameter without a default, or an
	// entry that the secret must have.
	Required bool
	// Value is what it is for this unit, whatever the others are told; "" if it is as for them.
	Value string
}

// Settings returns what the units of the plan are told, by name, each once. given are
// variables that the platform sets by itself, with values of the right form.
func (p Plan) Settings(given map[string]string) []Setting {
	lacking := map[string]bool{}
	byName := map[string]Setting{}
	for _, u := range p.Units {
		for _, name := range lackingOf(u, given) {
			lacking[name] = true
		}
		for _, use := range u.Vars {
			if _, set := given[use.Name]; !set && !strings.HasPrefix(use.Name, "RAILWAY_") {
				byName[use.Name] = Setting{Var: use.Var}
			}
		}
	}
	var all []Setting
	for name, s := range byName {
		s.Required = lacking[name]
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Setting) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// maxConns is the variable that bounds the connections of a process, and lambdaConns what it
// is on Lambda.
const (
	maxConns    = "DATABASE_MAX_CONNS"
	lambdaConns = 2
)

// Settings returns those of all settings that the unit reads.
func (u Unit) Settings(all []Setting) []Setting {
	var mine []Setting
	for _, s := range all {
		for _, use := range u.Vars {
			if use.Name == s.Name {
				if s.Name == maxConns && u.Conns > 0 {
					s.Value = strconv.Itoa(u.Conns)
				}
				mine = append(mine, s)
			}
		}
	}
	return mine
}

// lackingOf returns the variables that the unit cannot start without, and that are not
// given: what its sections say of an environment in which nothing else is set.
func lackingOf(u Unit, given map[string]string) []string {
	if u.Needs == nil {
		return nil
	}
	r := config.NewReader(func(name string) string { return given[name] })
	u.Needs.Read(r)
	incomplete, ok := errors.AsType[*config.Error](r.Err())
	if !ok {
		return nil
	}
	var names []string
	for _, problem := range incomplete.Problems {
		names = append(names, problem.Name)
	}
	return names
}

// GivenByLambda returns the variables that Lambda sets, none of which may be set by others.
func GivenByLambda() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		"AWS_REGION": "us-east-1",
	}
}

// Secrets returns the names of the settings that are secret, those first that must be there.
func Secrets(all []Setting) (required, optional []string) {
	for _, s := range all {
		switch {
		case !s.Secret:
		case s.Required:
			required = append(required, s.Name)
		default:
			optional = append(optional, s.Name)
		}
	}
	return required, optional
}

// Words returns the words of a name, in lower case and without what is between them.
func Words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// Describe returns what a person reads of a setting who is asked for it.
func (s Setting) Describe() string {
	text := s.Name + ": " + s.Use
	if s.Default != "" {
		text += "; " + s.Default + " if empty"
	}
	return text
}
