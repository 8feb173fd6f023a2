package front

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

const ours = "Something went wrong on our side. Try again in a moment."

// Explain says in plain words what an error of a [betterauth.Server] means, and what to do next.
// An error that it does not know, it repeats in the server's words. An error that is no
// *betterauth.Error it also reports to the host.
func Explain(ctx context.Context, err error) ui.Problem {
	if _, known := errors.AsType[*betterauth.Error](err); !known {
		fn.Report(ctx, err)
	}
	return explain(err)
}

func explain(err error) ui.Problem {
	f, known, retry := fault.Of(err), &betterauth.Error{}, 0
	if e, ok := errors.AsType[*betterauth.Error](err); ok {
		known = e
	}
	if e, ok := errors.AsType[*fault.RetryAfterError](err); ok {
		retry = int(math.Ceil(e.After.Seconds()))
	}
	p := explanations()[known.Code]
	switch {
	case f.Kind == fault.TooMany:
		p = ui.Problem{Text: "That was too often. Try again" + after(retry)}
	case f.Kind == fault.Unavailable:
		p = ui.Problem{Text: "We cannot do this right now. Try again" + after(retry)}
	case f.Kind == fault.Internal:
		p = ui.Problem{Text: ours}
	case known.Code == "VALIDATION_ERROR":
		p = invalid(f.Message)
	case p.Text == "":
		p = ui.Problem{Text: sentence(cmp.Or(f.Message, "This is not possible here"))}
	}
	p.Status, p.Retry = cmp.Or(known.Status, f.Kind.Status()), retry
	return p
}

// ExplainCode explains an error that a link or a provider has led back with, in
// the address of a page; the zero Problem if there is none. What is not known is
// not shown: anybody can write an address.
func ExplainCode(code string) ui.Problem {
	if code == "" {
		return ui.Problem{}
	}
	p, ok := explanations()[code]
	if !ok {
		return ui.Problem{Text: "That did not work. Try again."}
	}
	return p
}

// Fault returns err with what it means in plain words, for [ui.Kit.Fail].
func Fault(err error) error {
	return fault.New(fault.Of(err).Kind, "%s", explain(err).Text).Because(err)
}

// after returns the end of a sentence: when.
func after(seconds int) string {
	switch {
	case seconds <= 0:
		return " in a moment."
	case seconds == 1:
		return " in a second."
	case seconds <= 90:
		return fmt.Sprintf(" in %d seconds.", seconds)
	}
	return fmt.Sprintf(" in %d minutes.", (seconds+59)/60)
}

// invalid explains a VALIDATION_ERROR, whose message has parts such as
// "[body.email] Invalid email address", with "; " between them.
func invalid(message string) ui.Problem {
	message, _, _ = strings.Cut(message, "; ")
	path, rest, found := strings.Cut(strings.TrimPrefix(message, "["), "] ")
	if !found {
		return ui.Problem{Text: sentence(message)}
	}
	field := path[strings.LastIndexByte(path, '.')+1:]
	p := ui.Problem{Fields: []string{field}}
	switch field {
	case "email", "newEmail":
		p.Text = noAddress
	case "password", "currentPassword", "newPassword":
		p.Text = "Enter a password."
	default:
		p.Text = sentence(rest)
	}
	return p
}

// sentence returns text with a full stop.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

const noAddress = "Enter an e-mail address such as ada@example.com."

// From returns p, whose link to the page for signing in then leads back to the page at path.
func From(path string, p ui.Problem) ui.Problem {
	if p.Link.Href == auth.SignInPath {
		p.Link.Href = Path(auth.SignInPath, path)
	}
	return p
}
