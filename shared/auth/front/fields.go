package front

import "switchyard/shared/ui"

// Limits of what people enter.
const (
	MaxName     = 200 // characters
	MinPassword = 8   // in UTF-16, as browsers count
	MaxPassword = 128
)

// NoName is the problem of a name that was left empty.
func NoName() ui.Problem {
	return ui.Problem{Text: "Enter your name, or what you want to be called.", Fields: []string{"name"}}
}

// NewPassword returns the field for a password that somebody chooses.
func NewPassword(name, label string) ui.Field {
	return ui.Field{
		Name: name, Label: label, Type: "password", Autocomplete: "new-password",
		Hint: "At least 8 characters. Long beats complicated.", Min: MinPassword, Max: MaxPassword,
	}
}
