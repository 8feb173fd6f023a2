package migrate

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/internal/migrate/plan"
)

// RefusedError is the refusal to apply a plan, because some of its steps need a consent
// that was not given, or are not done at all. Nothing was changed.
type RefusedError struct {
	Steps []plan.Step // that are refused
}

// Error says why each step is refused, and what to do.
func (e *RefusedError) Error() string {
	var b strings.Builder
	b.WriteString("refused, and nothing was changed:\n")
	for _, s := range e.Steps {
		if s.Class == plan.Unsupported {
			fmt.Fprintf(&b, "  %s\n    %s: %s%s\n", firstLine(s.SQL), s.Class, s.Why, in(s.File))
			continue
		}
		fmt.Fprintf(&b, "  %s\n    %s: %s%s\n    to do it all the same: --allow %s\n", firstLine(s.SQL), s.Class, s.Why, in(s.File), s.Allow)
	}
	if e.has(plan.Breaking) || e.has(plan.Losing) {
		b.WriteString(expandAndContract)
	}
	b.WriteString(e.hints())
	return strings.TrimSuffix(b.String(), "\n")
}

const expandAndContract = `Without a consent, in two releases: the first adds what is new, has its code write both and read
the new one, and fills it by an SQL file with -- +batches; when no other release lives, the second
removes the old one from the code and from the file, and is then asked for this consent alone.
`

func (e *RefusedError) has(c plan.Class) bool {
	return slices.ContainsFunc(e.Steps, func(s plan.Step) bool { return s.Class == c })
}

func in(file string) string {
	if file == "" {
		return ""
	}
	return " (" + file + ")"
}

func firstLine(sql string) string {
	line, _, more := strings.Cut(sql, "\n")
	if more {
		line += " …"
	}
	return line
}

const (
	hintPlugins = "The plugins of Better Auth that made user.banned and user.twoFactorEnabled are not served here. As long as the " +
		"columns are there, users who are banned, or have a second factor, are refused sign-in; without them the password would do. See docs/auth.md.\n"
	hintIssuer = "Better Auth 1.7.0 to 1.7.2 cannot do without account.issuer; it is filled in here as they do.\n"
)

// hints say what columns mean that Better Auth has made, if they would go.
func (e *RefusedError) hints() (text string) {
	drops := func(column string) bool {
		return slices.ContainsFunc(e.Steps, func(s plan.Step) bool { return s.Allow == "drop:"+column })
	}
	if drops("user.banned") || drops("user.banExpires") || drops("user.twoFactorEnabled") {
		text = hintPlugins
	}
	if drops("account.issuer") {
		text += hintIssuer
	}
	return text
}
