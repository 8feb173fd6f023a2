package wire_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

func TestAnswer(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 11, 30, 38, 500_999_999, time.FixedZone("", 3600))
	agent := "<node> & \u2028"
	tests := map[string]struct {
		value any
		want  string
	}{
		"nothing": {nil, `null`},
		"a user": {
			wire.User(auth.User{ID: "u", Name: "Ada", Email: "a@b.cd", CreatedAt: at, UpdatedAt: at}),
			`{"name":"Ada","email":"a@b.cd","emailVerified":false,"image":null,` +
				`"createdAt":"2026-11-23T10:30:38.500Z","updatedAt":"2026-11-23T10:30:38.500Z","id":"u"}`,
		},
		"sessions": {
			[]any{wire.Session(auth.Session{ID: "s", Token: "t", UserID: "u", ExpiresAt: at, UserAgent: &agent})},
			`[{"expiresAt":"2026-11-23T10:30:38.500Z","token":"t","createdAt":"0001-01-01T00:00:00.000Z",` +
				`"updatedAt":"0001-01-01T00:00:00.000Z","ipAddress":null,"userAgent":"<node> & \u2028","userId":"u","id":"s"}]`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := httptest.NewRecorder(), call()
			wire.Answer(t.Context(), w, c, test.value)
			if w.Code != 200 || w.Body.String() != test.want || !slices.Equal(w.Header()["Content-Type"], []string{jsonType}) {
				t.Errorf("the answer is %d %v\n%s\nwant\n%s", w.Code, w.Header(), w.Body, test.want)
			}
			if w.Header().Get("Location") != "/dash" {
				t.Errorf("the header of the call is lost: %v", w.Header())
			}
		})
	}
}

func TestAnswerRedirects(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	wire.Answer(t.Context(), w, call(), wire.Redirect("/a?b=c#d"))
	if w.Code != 302 || w.Body.Len() != 0 || w.Header().Get("Location") != "/a?b=c#d" || w.Header().Get("Content-Type") != jsonType {
		t.Errorf("the answer is %d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestAnswerThatCannotBe(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	wire.Answer(t.Context(), w, call(), func() {})
	if w.Code != 500 || w.Body.Len() != 0 {
		t.Errorf("the answer is %d %s", w.Code, w.Body)
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	busy := fault.New(fault.Unavailable, "Too many wait.").Because(errors.New("secret"))
	tests := map[string]struct {
		err      error
		status   int
		body     string
		media    string
		retry    string
		reported bool
		keeps    bool // the header of the call
	}{
		"with a code":      {wire.Fail(401, "UNAUTHORIZED", "Unauthorized"), 401, `{"code":"UNAUTHORIZED","message":"Unauthorized"}`, jsonType, "", false, true},
		"wrapped":          {fmt.Errorf("x: %w", wire.Fail(401, "A", "B")), 401, `{"code":"A","message":"B"}`, jsonType, "", false, true},
		"without a code":   {wire.Fail(400, "", "No fields to update"), 400, `{"message":"No fields to update"}`, jsonType, "", false, true},
		"without anything": {wire.Fail(404, "", ""), 404, ``, jsonType, "", false, true},
		"busy":             {busy, 503, `{"code":"SERVICE_UNAVAILABLE","message":"Too many wait."}`, jsonType, "1", true, false},
		"busy for long":    {fault.RetryAfter(2500*time.Millisecond, busy), 503, `{"code":"SERVICE_UNAVAILABLE","message":"Too many wait."}`, jsonType, "3", true, false},
		"invalid":          {fault.New(fault.Invalid, "No."), 400, `{"code":"VALIDATION_ERROR","message":"No."}`, jsonType, "", true, false},
		"a conflict":       {fault.New(fault.Conflict, "No."), 500, ``, "", "", true, false},
		"unexpected":       {errors.New("secret"), 500, ``, "", "", true, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reported error
			w := httptest.NewRecorder()
			wire.Refuse(fn.WithReport(t.Context(), func(err error) { reported = err }), w, call(), test.err)
			if w.Code != test.status || w.Body.String() != test.body {
				t.Errorf("the answer is %d %s, want %d %s", w.Code, w.Body, test.status, test.body)
			}
			h := w.Header()
			if h.Get("Content-Type") != test.media || h.Get("Retry-After") != test.retry || (h.Get("Location") != "") != test.keeps {
				t.Errorf("the header is %v", h)
			}
			if (reported != nil) != test.reported {
				t.Errorf("reported: %v", reported)
			}
		})
	}
}

func TestSetCookie(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	for _, line := range []string{"a=1; Path=/", "a.0=2", "b=3", "a=; Max-Age=0"} {
		wire.SetCookie(h, line)
	}
	wire.DropCookies(h, func(name string) bool { return name == "b" })
	if got := h["Set-Cookie"]; !slices.Equal(got, []string{"a.0=2", "a=; Max-Age=0"}) {
		t.Errorf("the cookies are %q", got)
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	h := http.Header{"Cookie": {`a=1;b = x=y ; junk; "c"=2`, `d="q";e="; a=2; f=""`}}
	var got []string
	for name, value := range wire.Cookies(h, "") {
		got = append(got, name+":"+value)
	}
	want := []string{"a:1", "b:x=y", `"c":2`, `d:"q"`, `e:"`, "a:2", `f:""`}
	if !slices.Equal(got, want) {
		t.Errorf("Cookies = %q, want %q", got, want)
	}
}

// call is one whose answer has a header already.
func call() *wire.Call {
	return &wire.Call{Header: http.Header{"Location": {"/dash"}}}
}
