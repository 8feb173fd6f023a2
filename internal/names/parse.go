package names

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"switchyard/internal/lazy"
)

// UnmarshalText parses text: the models of Better Auth with modelName and fields, as its
// options have them, in JSON; or one of the words snake_case and plural, or both with a
// comma between. Its error says all that is wrong.
//
//	{"user": {"modelName": "users", "fields": {"emailVerified": "email_verified"}}}
func (n *Names) UnmarshalText(text []byte) error {
	m := &mapping{}
	if text = bytes.TrimSpace(text); !bytes.HasPrefix(text, []byte("{")) {
		var err error
		if m.models, err = inWords(string(text)); err != nil {
			return err
		}
		*n = Names{m}
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m.models); err != nil || d.More() {
		return errors.New(`want JSON such as {"user": {"modelName": "users", "fields": {"emailVerified": "email_verified"}}}, or snake_case, plural, or snake_case,plural`)
	}
	if problems := m.problems(); problems != nil {
		return errors.New(strings.Join(problems, "; "))
	}
	*n = Names{m}
	return nil
}

// inWords returns the models as the words of text say.
func inWords(text string) (map[string]model, error) {
	var snake, plural bool
	for word := range strings.SplitSeq(text, ",") {
		switch strings.TrimSpace(word) {
		case "snake_case":
			snake = true
		case "plural":
			plural = true
		default:
			return nil, errors.New("want snake_case, plural, snake_case,plural, or JSON that begins with {")
		}
	}
	models := map[string]model{}
	for name, all := range fields {
		m := model{Table: name, Fields: map[string]string{}}
		if snake {
			m.Table = snakeCase(name)
			for _, f := range all {
				m.Fields[f] = snakeCase(f)
			}
		}
		if plural {
			m.Table += "s"
		}
		models[name] = m
	}
	return models, nil
}

func snakeCase(name string) string {
	var b strings.Builder
	for _, c := range name {
		if unicode.IsUpper(c) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// right is a name that the schema can say without quotes, and PostgreSQL does not cut off.
var right = lazy.Regexp{Source: `^[A-Za-z_][A-Za-z0-9_]{0,62}$`}

// problems says what is wrong with m, in order of the models.
func (m *mapping) problems() (found []string) {
	for _, name := range slices.Sorted(maps.Keys(m.models)) {
		if fields[name] == nil {
			found = append(found, fmt.Sprintf("there is no model %q: want one of %s", name, strings.Join(slices.Sorted(maps.Keys(fields)), ", ")))
			continue
		}
		found = append(found, m.models[name].problems(name)...)
	}
	n := Names{m}
	return append(found, twice("the tables", "", slices.Collect(maps.Keys(fields)), func(name string) string {
		table, _ := n.Table(name)
		return table
	})...)
}

// problems says what is wrong with the model called name.
func (m model) problems(name string) (found []string) {
	if m.Table != "" && !right.Get().MatchString(m.Table) {
		found = append(found, fmt.Sprintf("%s.modelName is %q: want letters, digits and _, 63 at most", name, m.Table))
	}
	for _, field := range slices.Sorted(maps.Keys(m.Fields)) {
		switch column := m.Fields[field]; {
		case !isField(name, field):
			found = append(found, fmt.Sprintf("%s.fields: there is no field %q that the router knows: want some of %s", name, field, strings.Join(fields[name], ", ")))
		case !right.Get().MatchString(column):
			found = append(found, fmt.Sprintf("%s.fields.%s is %q: want letters, digits and _, 63 at most", name, field, column))
		}
	}
	return append(found, twice("the columns", name+".", append([]string{"id"}, fields[name]...), func(field string) string {
		if column := m.Fields[field]; column != "" {
			return column
		}
		return field
	})...)
}

// twice says which of names get the name of another.
func twice(kind, prefix string, names []string, get func(string) string) (found []string) {
	slices.Sort(names)
	by := map[string]string{}
	for _, name := range names {
		if other, taken := by[get(name)]; taken {
			found = append(found, fmt.Sprintf("%s of %s%s and %s%s have one name, %s", kind, prefix, other, prefix, name, get(name)))
		}
		by[get(name)] = name
	}
	return found
}
