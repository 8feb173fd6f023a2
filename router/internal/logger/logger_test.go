package logger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/logger"
	"switchyard/shared/config"
)

// logged returns the one line that log writes in a format.
func logged(t *testing.T, format string, log func(l *slog.Logger)) string {
	t.Helper()
	var out bytes.Buffer
	log(logger.New(&out, config.Server{LogFormat: format}))
	return out.String()
}

// object returns the line that log writes as JSON.
func object(t *testing.T, log func(l *slog.Logger)) map[string]any {
	t.Helper()
	line := logged(t, "json", log)
	if len(line) > logger.MaxLine || strings.Count(line, "\n") != 1 {
		t.Errorf("%d bytes in %d lines", len(line), strings.Count(line, "\n"))
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return got
}

// TestLinesAreBounded logs what is far too long, in each way it can be.
func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	many := make([]any, 0, 20_000)
	for i := range 10_000 {
		many = append(many, slog.Int(fmt.Sprint("k", i), i))
	}
	for name, attrs := range map[string][]any{
		"text":       {slog.String("error", strings.Repeat("k0: unexpected property; ", 10_000))},
		"escapes":    {slog.String("error", strings.Repeat("\x00\"\\\n", 10_000))},
		"no UTF-8":   {slog.String("error", strings.Repeat("\xff\xc3", 10_000))},
		"characters": {slog.String("error", strings.Repeat("日本🙂", 10_000))},
		"an error":   {slog.Any("error", errors.New(strings.Repeat("a", 100_000)))},
		"a list":     {slog.Any("error", strings.Split(strings.Repeat("a,", 10_000), ","))},
		"a group":    {slog.Group("error", many...)},
		"a name":     {slog.Int(strings.Repeat("n", 100_000), 1), slog.String("error", "e")},
		"many":       append([]any{slog.String("error", "e")}, many...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := object(t, func(l *slog.Logger) { l.Error("it failed", append(attrs, slog.String("last", "z"))...) })
			if got["msg"] != "it failed" || got["level"] != "ERROR" || got["error"] == nil || got["cut"] == nil {
				t.Errorf("got %v", got)
			}
			if name != "many" && got["last"] != "z" {
				t.Error("a short value made room for a long one")
			}
			line := logged(t, "text", func(l *slog.Logger) { l.Error("it failed", attrs...) })
			if len(line) > logger.MaxLine || !strings.HasSuffix(line, "\n") || !strings.Contains(line, "it failed") {
				t.Errorf("text: %d bytes: %.80s", len(line), line)
			}
		})
	}
	message := func(l *slog.Logger) { l.Info(strings.Repeat("m", 100_000)) } //nolint:sloglint // as a package that logs through log
	if got := object(t, message); len(got["msg"].(string)) < 4000 {
		t.Errorf("a long message: %v", got)
	}
}

// TestNoSecretsOfURLs logs texts with URLs in them: of clients that failed, above all.
func TestNoSecretsOfURLs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nothing":                                                  "nothing",
		"listens at http://127.0.0.1:8288":                         "listens at http://127.0.0.1:8288",
		`Post "https://inn.gs/e/9fW3k_Qz": EOF`:                    `Post "https://inn.gs/e/{…}": EOF`,
		`Get "https://a.example/api/files?token=x&y=z": no`:        `Get "https://a.example/api/files?…": no`,
		"https://a.example/x#access_token=1":                       "https://a.example/x#…",
		"https://a.example?token=secret":                           "https://a.example?…",
		"postgres://me:geheim@db:5432/x?sslmode=disable":           "postgres://{…}@db:5432/x?…",
		"postgres://me:ge/heim@db/x":                               "postgres://{…}@db/x",
		"a https://a.example/reset/cUBAkd0Z b ftp://b/c/1234567 d": "a https://a.example/reset/{…} b ftp://b/c/{…} d",
	} {
		got := object(t, func(l *slog.Logger) { l.Info("m", slog.String("error", text)) })
		if got["error"] != want {
			t.Errorf("%s:\n got %v\nwant %s", text, got["error"], want)
		}
	}
	got := object(t, func(l *slog.Logger) {
		l.Error("see https://a.example/s3cr3ts", slog.Any("error", errors.New("x://y/s3cr3ts")))
	})
	if fmt.Sprint(got["msg"], got["error"]) != "see https://a.example/{…}x://y/{…}" {
		t.Errorf("got %v", got)
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"": "", "/": "/", "/api/auth/sign-in/email": "/api/auth/sign-in/email",
		"/.well-known/security.txt":                    "/.well-known/security.txt",
		"/v1/wp-login.php":                             "/v1/wp-login.php",
		"/api/auth/reset-password/cUBAkd0ZQ2xPmN7RsT4": "/api/auth/reset-password/{…}",
		"/share/kqxzvbnmasdfghjklpoi":                  "/share/{…}", // too long for a word
		"/share/correct-horse-battery-staple-again":    "/share/{…}", // too long for a name
		"/x/123456":                      "/x/{…}",                                // a one-time code
		"/x/A1":                          "/x/{…}",                                // capitals
		"/x/\x00\xff":                    "/x/{…}",                                //
		"/" + strings.Repeat("a/", 1000): "/" + strings.Repeat("a/", 127) + "a/…", // far too long
	} {
		if got := logger.Path(path); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}

func inRun(ctx context.Context) context.Context {
	ctx, _ = logger.InRun(ctx, "jobs/x", "01")
	return ctx
}

func TestForFunctions(t *testing.T) {
	t.Parallel()
	ctx := answer.With(t.Context(), &answer.Call{RequestID: "r-1", Function: "api/hello", TraceID: "t-1"})
	say := func(log func(l *slog.Logger)) map[string]any {
		got := object(t, func(l *slog.Logger) { log(logger.ForFunctions(l)) })
		delete(got, "time")
		delete(got, "level")
		return got
	}
	for kind, tt := range map[string]struct {
		log  func(l *slog.Logger)
		want map[string]any
	}{
		"a request": {
			func(l *slog.Logger) { l.InfoContext(ctx, "m", slog.Int("n", 1)) },
			map[string]any{"msg": "m", "n": 1.0, "function": "api/hello", "requestId": "r-1", "traceId": "t-1"},
		},
		"a run": {
			func(l *slog.Logger) { l.InfoContext(inRun(ctx), "m") },
			map[string]any{"msg": "m", "function": "jobs/x", "run": "01", "requestId": "r-1", "traceId": "t-1"},
		},
		"a run over Connect": {
			func(l *slog.Logger) { l.InfoContext(inRun(t.Context()), "m") },
			map[string]any{"msg": "m", "function": "jobs/x", "run": "01"},
		},
		"names of its own": {
			func(l *slog.Logger) { l.With("a", 1).InfoContext(ctx, "m", slog.String("function", "mine")) },
			map[string]any{"msg": "m", "a": 1.0, "function": "mine", "requestId": "r-1", "traceId": "t-1"},
		},
		"With": {
			func(l *slog.Logger) { l.With("function", "mine", "run", "r").InfoContext(ctx, "m") },
			map[string]any{"msg": "m", "function": "mine", "run": "r", "requestId": "r-1", "traceId": "t-1"},
		},
		"a group without a name": {
			func(l *slog.Logger) {
				l.With(slog.Group("", "function", "mine")).InfoContext(ctx, "m", slog.Group("", "traceId", "mine"))
			},
			map[string]any{"msg": "m", "function": "mine", "requestId": "r-1", "traceId": "mine"},
		},
		"groups": {
			func(l *slog.Logger) {
				l = l.With("requestId", "mine").WithGroup("").WithGroup("g").With("function", 1)
				l.WithGroup("other").With("n", 1)
				l.WithGroup("h").InfoContext(ctx, "m", slog.Int("traceId", 2))
			},
			map[string]any{
				"msg": "m", "function": "api/hello", "requestId": "mine", "traceId": "t-1",
				"g": map[string]any{"function": 1.0, "h": map[string]any{"traceId": 2.0}},
			},
		},
		"outside": {
			func(l *slog.Logger) { l.InfoContext(t.Context(), "m") }, map[string]any{"msg": "m"},
		},
	} {
		line := logged(t, "json", func(l *slog.Logger) { tt.log(logger.ForFunctions(l)) })
		for _, name := range []string{"function", "requestId", "run", "traceId"} {
			top, _, _ := strings.Cut(line, `"g":`)
			if strings.Count(top, `"`+name+`":`) > 1 {
				t.Errorf("%s: %s twice in %s", kind, name, line)
			}
		}
		if diff := cmp.Diff(tt.want, say(tt.log)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
	if got := logged(t, "json", func(l *slog.Logger) { logger.ForFunctions(l).DebugContext(ctx, "m") }); got != "" {
		t.Errorf("below LOG_LEVEL: %s", got)
	}
}

// TestIsTerminal: /dev/null is a character device and no terminal.
func TestIsTerminal(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{os.DevNull: false, "/dev/ptmx": true} {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		defer f.Close()
		if got := logger.IsTerminal(f); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if logger.IsTerminal(&bytes.Buffer{}) {
		t.Error("a buffer")
	}
}
