package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchyard/internal/migrate"
	"switchyard/internal/migrate/plan"
)

// consents allow changes that are refused without them: "drop:orders.note". As a flag they
// are given one by one.
type consents []string

// consentKinds are the kinds of them.
var consentKinds = []string{"drop", "drop-index", "drop-constraint", "drop-enum", "type", "slow", "break"} //nolint:gochecknoglobals // a constant

// Set implements [pflag.Value].
func (c *consents) Set(text string) error {
	kind, object, _ := strings.Cut(text, ":")
	if !slices.Contains(consentKinds, kind) || object == "" {
		return fmt.Errorf("want KIND:OBJECT, as the refusal prints it: drop:orders.note; KIND is one of %s", strings.Join(consentKinds, ", "))
	}
	*c = append(*c, text)
	return nil
}

// String implements [pflag.Value].
func (c *consents) String() string { return "" }

// Type implements [pflag.Value].
func (c *consents) Type() string { return "KIND:OBJECT" }

// unlessLosing returns the consents that were missing, if err is a refusal of steps none
// of which loses data.
func unlessLosing(err error) (allow []string) {
	refused, ok := errors.AsType[*migrate.RefusedError](err)
	if !ok {
		return nil
	}
	for _, s := range refused.Steps {
		if s.Class != plan.Slow && s.Class != plan.Breaking {
			return nil
		}
		allow = append(allow, s.Allow)
	}
	return allow
}

// inDevelopment adds to a refusal what to do where the rows do not matter.
func (m *migration) inDevelopment(err error) error {
	if _, ok := errors.AsType[*migrate.RefusedError](err); !ok || !m.Development {
		return err
	}
	return fmt.Errorf("%w\nIn development: write back into the schema what is to stay, or stop dev and begin with an empty database:\n  go run ./router dev --reset", err)
}
