package logger_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"switchyard/router/internal/logger"
	"switchyard/shared/config"
)

func TestPass(t *testing.T) {
	t.Parallel()
	const line = `{"time":"2026-01-02T03:04:05.6Z","level":"WARN","msg":"hello","apart":"jobs/**","n":17,"list":["a"]}`
	for format, want := range map[string]string{"json": line + "\n", "text": "03:04:05 WRN hello apart=jobs/** n=17 list=[a]\n"} {
		var out bytes.Buffer
		c := config.Server{LogFormat: format, LogLevel: slog.LevelInfo}
		pass := logger.Pass(t.Context(), logger.New(&out, c), &out, c)
		pass([]byte(line))
		if out.String() != want {
			t.Errorf("%s: %q, want %q", format, out.String(), want)
		}
		out.Reset()
		if pass([]byte(strings.Replace(line, "WARN", "DEBUG", 1))); format == "text" && out.Len() > 0 {
			t.Errorf("%q is below the level", out.String())
		}
	}
}
