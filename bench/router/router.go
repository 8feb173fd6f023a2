// Package router builds the router of this repository, and says what starts it, for benchmarks.
package router

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"switchyard/bench/product/data"
)

// Tags are those with which railway.toml has the router built.
const Tags = "lambda.norpc,grpcnotrace,switchyard_release"

// Flags returns the flags of the go command for a program of a release; link are more flags of the linker.
func Flags(link ...string) []string {
	return []string{"-trimpath", "-buildvcs=false", "-tags", Tags, "-ldflags", strings.Join(append([]string{"-s", "-w"}, link...), " ")}
}

// Build builds the router as program.
func Build(ctx context.Context, program string) error {
	out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Module.Dir}}", "switchyard/router/catalog").Output()
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"build"}, Flags(), []string{"-o", program, "./router"})...)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	cmd.Dir = strings.TrimSpace(string(out))
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the router: %w\n%s", err, said)
	}
	return nil
}

// Environment returns the variables of a router on a database, which listens on address and writes
// to dir. There is neither a bucket nor an Inngest.
func Environment(dir, database, address string) []string {
	host, port, _ := net.SplitHostPort(address)
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, //nolint:forbidigo // the router needs them
		"HOST=" + host, "PORT=" + port, "LOG_FORMAT=json", "LOG_LEVEL=info", "TRUSTED_PROXIES=1",
		"DATABASE_URL=" + database, "INNGEST_DEV=http://127.0.0.1:1",
		"BETTER_AUTH_SECRET=" + data.Secret, "BETTER_AUTH_URL=http://" + address, "AUTH_RATE_LIMIT=off",
		"BUCKET=none", "ACCESS_KEY_ID=none", "SECRET_ACCESS_KEY=none", "ENDPOINT=http://127.0.0.1:1", "REGION=none",
		"MAIL_SINK=file", "MAIL_FILE=" + filepath.Join(dir, "mail.jsonl"),
	}
}

// Migrate makes the tables of program's functions.
func Migrate(ctx context.Context, program string, environment []string) error {
	migrate := exec.CommandContext(ctx, program, "migrate")
	migrate.Env = environment
	if said, err := migrate.CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, said)
	}
	return nil
}
