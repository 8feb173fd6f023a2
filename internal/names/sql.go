package names

import (
	"slices"
	"strings"

	"switchyard/internal/lazy"
)

// token is what a statement is read by: a text, a comment, a name in quotes with what
// qualifies it, or a plain one.
var token = lazy.Regexp{Source: `'[^']*'|--[^\n]*|\$\d+|::\w+|(?:(\w+)(\.))?(?:"([^"]+)"|\b([A-Za-z_]\w*))`}

// SQL returns a statement of the router with these names in place of Better Auth's. A
// statement is read once; it must be one of a bounded number, with its values as
// parameters.
//
// A column belongs to the model that its alias stands for, u, s, a or another of
// aliases. One without an alias belongs to the first model of the statement that has
// such a field.
func (n Names) SQL(text string) string {
	if n.mapping == nil {
		return text
	}
	if done, ok := n.texts.Load(text); ok {
		return done.(string)
	}
	done := n.rewrite(text)
	n.texts.Store(text, done)
	return done
}

func (n Names) rewrite(text string) string {
	var models []string // in the order in which the statement names them
	for _, part := range token.Get().FindAllStringSubmatch(text, -1) {
		if name := part[3] + part[4]; part[1] == "" && fields[name] != nil && !slices.Contains(models, name) {
			models = append(models, name)
		}
	}
	return token.Get().ReplaceAllStringFunc(text, func(whole string) string {
		part := token.Get().FindStringSubmatch(whole)
		name := part[3] + part[4]
		if table, ok := n.Table(name); ok && part[1] == "" {
			return named(whole, name, table)
		}
		model := aliases[part[1]]
		if part[1] == "" || part[1] == "excluded" {
			model = owner(models, name)
		}
		return named(whole, name, n.Column(model, name), part[1], part[2])
	})
}

// owner returns the first of models that has a field, or "".
func owner(models []string, field string) string {
	if i := slices.IndexFunc(models, func(m string) bool { return isField(m, field) }); i >= 0 {
		return models[i]
	}
	return ""
}

// named returns whole if the name stays, or the new name in quotes, after prefix.
func named(whole, name, to string, prefix ...string) string {
	if to == name {
		return whole
	}
	return strings.Join(prefix, "") + `"` + to + `"`
}
