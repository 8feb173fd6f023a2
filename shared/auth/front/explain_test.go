package front_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/shared/auth/betterauth"
	"switchyard/shared/auth/front"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// answer is an error as a betterauth.Server fails with it.
func answer(kind fault.Kind, status int, code, message string) error {
	return fault.New(kind, "%s", message).Because(&betterauth.Error{Status: status, Code: code, Message: message})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	tooMany, busy := answer(fault.TooMany, 429, "", "Too many requests."), fault.New(fault.Unavailable, "Too many wait.")
	tests := map[string]struct {
		err      error
		text     string // the beginning
		fields   []string
		status   int
		retry    int
		reported bool
	}{
		"a known code": {
			answer(fault.Unauthorized, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password"),
			"The e-mail address or the password is wrong.",
			[]string{"password"},
			401, 0, false,
		},
		"an unknown code": {answer(fault.Invalid, 422, "NEW", "Something new"), "Something new.", nil, 422, 0, false},
		"no code":         {answer(fault.Invalid, 400, "", "Email is the same"), "Email is the same.", nil, 400, 0, false},
		"nothing":         {answer(fault.NotFound, 404, "", ""), "This is not possible here.", nil, 404, 0, false},
		"an address": {
			answer(fault.Invalid, 400, "VALIDATION_ERROR", "[body.newEmail] Invalid email address; [body.x] y"),
			"Enter an e-mail address",
			[]string{"newEmail"},
			400, 0, false,
		},
		"a missing password": {
			answer(fault.Invalid, 400, "VALIDATION_ERROR", "[body.password] Too small: expected string to have >=1 characters"),
			"Enter a password.",
			[]string{"password"},
			400, 0, false,
		},
		"a body that is wrong": {
			answer(fault.Invalid, 400, "VALIDATION_ERROR", "[body] Invalid input: expected object"),
			"Invalid input: expected object.",
			[]string{"body"},
			400, 0, false,
		},
		"an odd message":    {answer(fault.Invalid, 400, "VALIDATION_ERROR", "odd"), "odd.", nil, 400, 0, false},
		"too often":         {fault.RetryAfter(9500*time.Millisecond, tooMany), "That was too often. Try again in 10 seconds.", nil, 429, 10, false},
		"much too often":    {fault.RetryAfter(3590*time.Second, tooMany), "That was too often. Try again in 60 minutes.", nil, 429, 3590, false},
		"busy":              {fault.RetryAfter(time.Second, busy), "We cannot do this right now. Try again in a second.", nil, 503, 1, true},
		"busy for how long": {busy, "We cannot do this right now. Try again in a moment.", nil, 503, 0, true},
		"a fault":           {fault.New(fault.Invalid, "No."), "No.", nil, 400, 0, true},
		"a limit of ours":   {fault.New(fault.TooMany, "No."), "That was too often. Try again in a moment.", nil, 429, 0, true},
		"a failure of ours": {errors.New("hunter2"), "Something went wrong on our side.", nil, 500, 0, true},
	}
	for name, tt := range tests {
		reported := false
		ctx := fn.WithReport(t.Context(), func(error) { reported = true })
		p := front.Explain(ctx, tt.err)
		if !strings.HasPrefix(p.Text, tt.text) || !slices.Equal(p.Fields, tt.fields) || p.Status != tt.status || p.Retry != tt.retry {
			t.Errorf("%s: %+v", name, p)
		}
		if reported != tt.reported {
			t.Errorf("%s: reported: %v", name, reported)
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
	cause := answer(fault.Forbidden, 403, "BANNED_USER", "You have been banned")
	f := fault.Of(front.Fault(cause))
	if f.Kind != fault.Forbidden || !strings.HasPrefix(f.Message, "This account has been banned.") || !errors.Is(f, cause) {
		t.Errorf("%+v", f)
	}
	if f := fault.Of(front.Fault(errors.New("hunter2"))); f.Kind != fault.Internal || strings.Contains(f.Message, "hunter2") {
		t.Errorf("%+v", f)
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
