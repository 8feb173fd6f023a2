package front

import (
	"fmt"
	"net/http"
	"strings"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/fault"
	"switchyard/shared/ui"
)

const ours = "Something went wrong on our side. Try again in a moment."

// Explain says in plain words what a route's error means, and what to do next. An
// error that is not known here says it in the route's own words.
func Explain(a betterauth.Answer) ui.Problem {
	p := explanations()[a.Code]
	switch {
	case a.Status == http.StatusTooManyRequests:
		p = ui.Problem{Text: "That was too often. Try again" + after(a.Retry)}
	case a.Status == http.StatusServiceUnavailable:
		p = ui.Problem{Text: "We cannot do this right now. Try again" + after(a.Retry)}
	case a.Status >= http.StatusInternalServerError:
		p = ui.Problem{Text: ours}
	case a.Code == "VALIDATION_ERROR":
		p = invalid(a.Message)
	case p.Text != "":
	case a.Message != "":
		p = ui.Problem{Text: sentence(a.Message)}
	default:
		p = ui.Problem{Text: "This is not possible here."}
	}
	p.Status, p.Retry = a.Status, a.Retry
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

// Fault returns the error of an answer for [ui.Kit.Fail].
func Fault(a betterauth.Answer) error {
	kind, ok := map[int]fault.Kind{
		http.StatusBadRequest:         fault.Invalid,
		http.StatusUnauthorized:       fault.Unauthorized,
		http.StatusForbidden:          fault.Forbidden,
		http.StatusNotFound:           fault.NotFound,
		http.StatusTooManyRequests:    fault.TooMany,
		http.StatusServiceUnavailable: fault.Unavailable,
	}[a.Status]
	if !ok {
		kind = fault.Internal
	}
	return fault.New(kind, "%s", Explain(a).Text).Because(fmt.Errorf("answered %d %s", a.Status, a.Code))
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

// From returns p with its way to the page for signing in leading back to the page
// at path.
func From(path string, p ui.Problem) ui.Problem {
	if p.Link.Href == auth.SignInPath {
		p.Link.Href = Path(auth.SignInPath, path)
	}
	return p
}
