package tool

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/internal/spelling"
)

// StatusError is an error of which all has been said, but for the program's exit status.
type StatusError int

// Error implements error.
func (s StatusError) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// errArguments has a program end with 2, once it has said what is wrong with its arguments.
const errArguments StatusError = 2

// verbError marks the error of a verb that ran: cobra returns those of wrong arguments as they are.
type verbError struct{ error }

// Execute runs the verb of the program root that args name; none mean --help. It returns what
// the verb fails with, or a [StatusError] if args are wrong, of which it has said what. There is no
// verb help beside --help, and none that writes completions: they would be for a program in the
// PATH, and this one is run by go run, go tool or a container.
func (p *Process) Execute(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	root.SetArgs(args)
	root.SetOut(p.Out)
	root.SetErr(p.ErrOut)
	root.SetUsageFunc(usage)
	root.SetHelpCommand(&cobra.Command{Use: "\x00", Hidden: true}) // no argument is called so
	root.CompletionOptions.DisableDefaultCmd = true
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentFlags().BoolP("help", "h", false, "Print this.")
	prepare(root)
	verb, err := root.ExecuteContextC(p.Ctx)
	if failed, ok := errors.AsType[verbError](err); ok {
		return failed.error
	}
	if said, ok := errors.AsType[StatusError](err); ok { // of a flag that is an answer
		return said
	}
	if err == nil {
		return nil
	}
	fmt.Fprintf(p.ErrOut, "%s: %v\nTry: %s --help\n", root.Name(), err, verb.CommandPath())
	return errArguments
}

// prepare has the command and all below it tell failures from wrong arguments, and say how they
// are called to who gives these, and print flags in their own order. One that has verbs wants one
// of them.
func prepare(c *cobra.Command) {
	c.Flags().SortFlags = false
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			if err := run(c, args); err != nil {
				return verbError{err}
			}
			return nil
		}
	}
	if fit := c.Args; fit != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if fit(c, args) != nil {
				return fmt.Errorf("the arguments are %q, want: %s", args, c.UseLine())
			}
			return nil
		}
	}
	if c.HasSubCommands() {
		c.Args, c.Run = oneOfVerbs, func(*cobra.Command, []string) {}
		c.DisableFlagsInUseLine = true
	}
	for _, verb := range c.Commands() {
		prepare(verb)
	}
}

// oneOfVerbs says which verbs there are to who has named none of them.
func oneOfVerbs(c *cobra.Command, args []string) error {
	var names []string
	for _, verb := range c.Commands() {
		if verb.IsAvailableCommand() {
			names = append(names, verb.Name())
		}
	}
	if len(args) == 0 {
		return fmt.Errorf("want one of %s", strings.Join(names, ", "))
	}
	if near := spelling.Near(args[0], names); near != "" {
		return fmt.Errorf("there is no verb %q: did you mean %s?", args[0], near)
	}
	return fmt.Errorf("there is no verb %q: want one of %s", args[0], strings.Join(names, ", "))
}

// width is that of help, in columns: those of a narrow terminal.
const width = 80

// usage prints how a command is called.
func usage(c *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s\n", c.UseLine())
	if c.HasAvailableSubCommands() {
		b.WriteString("\nVerbs:\n")
		for _, verb := range c.Commands() {
			if verb.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-*s %s\n", verb.NamePadding(), verb.Name(), verb.Short)
			}
		}
	}
	fmt.Fprintf(&b, "\nFlags:\n%s", c.Flags().FlagUsagesWrapped(width))
	_, err := fmt.Fprint(c.OutOrStdout(), b.String())
	return err
}
