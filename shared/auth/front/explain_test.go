package front_test

import (
	"slices"
	"strings"
	"testing"

	"switchyard/shared/auth/betterauth"
	"switchyard/shared/auth/front"
	"switchyard/shared/fault"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer betterauth.Answer
		text   string // the beginning
		fields []string
	}{
		"a known code": {
			betterauth.Answer{Status: 401, Code: "INVALID_EMAIL_OR_PASSWORD", Message: "Invalid email or password"},
			"The e-mail address or the password is wrong.",
			[]string{"password"},
		},
		"an unknown code":      {betterauth.Answer{Status: 400, Code: "NEW", Message: "Something new"}, "Something new.", nil},
		"no code":              {betterauth.Answer{Status: 400, Message: "Email is the same"}, "Email is the same.", nil},
		"nothing":              {betterauth.Answer{Status: 404}, "This is not possible here.", nil},
		"an address":           {betterauth.Answer{Status: 400, Code: "VALIDATION_ERROR", Message: "[body.newEmail] Invalid email address; [body.x] y"}, "Enter an e-mail address", []string{"newEmail"}},
		"a missing password":   {betterauth.Answer{Status: 400, Code: "VALIDATION_ERROR", Message: "[body.password] Too small: expected string to have >=1 characters"}, "Enter a password.", []string{"password"}},
		"a body that is wrong": {betterauth.Answer{Status: 400, Code: "VALIDATION_ERROR", Message: "[body] Invalid input: expected object"}, "Invalid input: expected object.", []string{"body"}},
		"an odd message":       {betterauth.Answer{Status: 400, Code: "VALIDATION_ERROR", Message: "odd"}, "odd.", nil},
		"too often":            {betterauth.Answer{Status: 429, Message: "Too many requests. Please try again later.", Retry: 10}, "That was too often. Try again in 10 seconds.", nil},
		"much too often":       {betterauth.Answer{Status: 429, Retry: 3590}, "That was too often. Try again in 60 minutes.", nil},
		"busy":                 {betterauth.Answer{Status: 503, Retry: 1}, "We cannot do this right now. Try again in a second.", nil},
		"busy for how long":    {betterauth.Answer{Status: 503}, "We cannot do this right now. Try again in a moment.", nil},
		"a failure of ours":    {betterauth.Answer{Status: 500, Message: "hunter2"}, "Something went wrong on our side.", nil},
	}
	for name, tt := range tests {
		p := front.Explain(tt.answer)
		if !strings.HasPrefix(p.Text, tt.text) || !slices.Equal(p.Fields, tt.fields) || p.Status != tt.answer.Status || p.Retry != tt.answer.Retry {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestExplainCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"": "", "TOKEN_EXPIRED": "This link is too old", "access_denied": "You did not agree",
		"<b>Call 555-1234</b>": "That did not work. Try again.",
	} {
		if got := front.ExplainCode(code).Text; !strings.HasPrefix(got, want) || (want == "" && got != "") {
			t.Errorf("%s: %s", code, got)
		}
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fault.Kind{
		400: fault.Invalid, 401: fault.Unauthorized, 403: fault.Forbidden, 404: fault.NotFound,
		429: fault.TooMany, 503: fault.Unavailable, 500: fault.Internal, 417: fault.Internal,
	} {
		if got := front.Fault(betterauth.Answer{Status: status}); !fault.Is(got, want) {
			t.Errorf("%d: %v", status, fault.Of(got).Kind)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		front.Path("/sign-in", ""):                   "/sign-in",
		front.Path("/sign-in", "/"):                  "/sign-in",
		front.Path("/sign-in", "/?status=ready&a=b"): "/sign-in?next=%2F%3Fstatus%3Dready%26a%3Db",
		front.Done("/sign-in", "out", ""):            "/sign-in?done=out",
		front.Done("/verify-email", "sent", "/x"):    "/verify-email?done=sent&next=%2Fx",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestFailed(t *testing.T) {
	t.Parallel()
	for next, want := range map[string][2]string{
		"":                                 {"", ""},
		"/":                                {"/", ""},
		"/?status=ready":                   {"/?status=ready", ""},
		"/?error=":                         {"/?error=", ""},
		"/?error=X":                        {"/", "X"},
		"/?a=b&error=X&error_description=": {"/?a=b", "X"},
		"/account?error=X":                 {"/account?error=X", ""}, // its own affair
		"//evil.example/?error=X":          {"//evil.example/?error=X", ""},
		"https://evil.example/?error=X":    {"https://evil.example/?error=X", ""},
		"/?error=%zz":                      {"/?error=%zz", ""},
		":":                                {":", ""},
	} {
		if rest, code := front.Failed(next); rest != want[0] || code != want[1] {
			t.Errorf("%q: %q, %q", next, rest, code)
		}
	}
}
