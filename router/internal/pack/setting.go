package pack

import (
	"errors"
	"slices"
	"strings"

	"switchyard/shared/config"
)

// setting is a variable and where its value comes from.
type setting struct {
	config.Var
	// Required means that nothing runs without it: a parameter without a default, or an
	// entry that the secret must have.
	Required bool
}

// settings returns what the units of the plan are told, by name, each once. given are
// variables that the platform sets by itself, with values of the right form.
func settings(p Plan, given map[string]string) []setting {
	lacking := map[string]bool{}
	byName := map[string]setting{}
	for _, u := range p.Units {
		for _, name := range lackingOf(u, given) {
			lacking[name] = true
		}
		for _, use := range u.Vars {
			if _, set := given[use.Name]; !set && !strings.HasPrefix(use.Name, "RAILWAY_") {
				byName[use.Name] = setting{Var: use.Var}
			}
		}
	}
	var all []setting
	for name, s := range byName {
		s.Required = lacking[name]
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b setting) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// settingsOf returns those of all that the unit reads.
func settingsOf(u Unit, all []setting) []setting {
	var mine []setting
	for _, s := range all {
		for _, use := range u.Vars {
			if use.Name == s.Name {
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

// givenByLambda are the variables that Lambda sets, none of which may be set by others.
func givenByLambda() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		"AWS_REGION": "us-east-1",
	}
}

// secretsOf returns the names of the settings that are secret, those first that must be there.
func secretsOf(all []setting) (required, optional []string) {
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

// title returns the name of a variable or a unit as CloudFormation wants its ids, of
// letters and digits: "DatabaseUrl" for "DATABASE_URL", "ApiFilesCreate" for
// "api-files-create".
func title(name string) string {
	var b strings.Builder
	for _, word := range words(name) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// words returns the words of a name, in lower case and without what is between them.
func words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// describe returns what a person reads of a setting who is asked for it.
func (s setting) describe() string {
	text := s.Name + ": " + s.Use
	if s.Default != "" {
		text += "; " + s.Default + " if empty"
	}
	return text
}
