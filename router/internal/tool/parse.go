package tool

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// Parse reads args as those of the program called name; none mean --help. Its verbs are the fields
// of commands, and those that options add. It returns the verb to run. If there is none, verb is nil
// and status is that of the program: 0 after help, and 2 after wrong arguments, of which it has said
// what is wrong.
func (w *World) Parse(name, description string, commands any, args []string, options ...kong.Option) (verb *kong.Context, status int) {
	status = -1
	parser := kong.Must(commands, append([]kong.Option{
		kong.Name(name),
		kong.Description(description),
		kong.Writers(w.Out, w.ErrOut),
		kong.Exit(func(code int) { status = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	}, options...)...)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	verb, err := parser.Parse(args)
	switch {
	case status >= 0: // --help has been answered
		return nil, status
	case err != nil:
		fmt.Fprintf(w.ErrOut, "%s: %v\nTry: %s --help\n", name, err, name)
		return nil, 2
	}
	return verb, 0
}
