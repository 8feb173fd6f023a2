package dev

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"

	"switchyard/router/internal/dev/servers"
	"switchyard/router/internal/dev/state"
	"switchyard/router/internal/dev/terminal"
)

// prepare starts the servers that a binary needs, and returns its environment. It waits
// for PostgreSQL, because the database is migrated first; the binary starts without the
// others.
func (s *session) prepare(ctx context.Context, k *terminal.Task, binary string) ([]string, error) {
	variables, err := variablesOf(ctx, s.Root, binary)
	if err != nil {
		return nil, terminal.Failed("The app's environment is not known", "router env --json", err.Error())
	}
	if err := s.startServers(ctx, variables); err != nil {
		return nil, err
	}
	k.Progress("waiting for PostgreSQL")
	if err := s.servers.Wait(ctx, servers.Postgres); err != nil {
		return nil, err
	}
	k.Progress("")
	dotenv, err := readDotEnv(filepath.Join(s.Root, ".env"))
	if err != nil {
		return nil, terminal.Failed("The file .env cannot be read", "", err.Error())
	}
	also := lookup(slices.Concat(s.Env, dotenv), trustedOrigins)
	return environ(s.Env, dotenv, s.defaults(), append(s.own(), origins(s.proxy.Port(), also))), nil
}

// startServers starts the servers that a program needs which reads these variables, but for
// those that run.
func (s *session) startServers(ctx context.Context, variables []string) error {
	started, err := s.servers.Start(ctx, servers.Needed(variables))
	if err == nil && started && s.announced.Load() {
		err = s.state.WriteAddresses(s.servers.Addresses())
	}
	return err
}

// variablesOf returns the variables that the functions of a binary, or their hosts, read.
func variablesOf(ctx context.Context, root, binary string) ([]string, error) {
	cmd := exec.CommandContext(ctx, binary, "env", "--json")
	cmd.Dir = root
	text, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var listed []struct {
		Name     string
		NeededBy []string
	}
	if err := json.Unmarshal(text, &listed); err != nil {
		return nil, err
	}
	var names []string
	for _, v := range listed {
		if len(v.NeededBy) > 0 {
			names = append(names, v.Name)
		}
	}
	return names, nil
}

// defaults returns the variables that a developer may set otherwise. Mail goes to
// the file even if there is an SMTP_URL, until MAIL_SINK says smtp: a setting for
// another place sends nothing from here.
func (s *session) defaults() []variable {
	return []variable{
		{"BETTER_AUTH_SECRET", s.state.AuthSecret()},
		{"AUTH_RATE_LIMIT", "off"},
		{"MAIL_SINK", "file"},
		{"OUTGOING_ALLOWED", "127.0.0.0/8,::1/128"}, // a webhook may lead to this machine
	}
}

// own returns the variables that only the stack may set. Those of servers that do not run
// are empty.
func (s *session) own() []variable {
	at := s.servers.Addresses()
	bucket := at.Bucket
	if bucket == nil {
		bucket = &state.Bucket{}
	}
	return []variable{
		{"DATABASE_URL", at.DatabaseURL},
		{"BUCKET", bucket.Name},
		{"ENDPOINT", bucket.Endpoint},
		{"ACCESS_KEY_ID", bucket.AccessKeyID},
		{"SECRET_ACCESS_KEY", bucket.SecretAccessKey},
		{"REGION", bucket.Region},
		{"INNGEST_DEV", at.Inngest},
		{"INNGEST_EVENT_KEY", at.EventKey},
		{"BETTER_AUTH_URL", s.proxy.URL()},
		{"TRUSTED_PROXIES", "1"},                // the one that stands before the app
		{"CLIENT_IP_HEADER", "X-Forwarded-For"}, // which it sets
		{"MAIL_FILE", s.state.MailFile()},       // which is shown
		{"METRICS_TOKEN", s.state.MetricsToken()},
		{"HOST", "127.0.0.1"},
		{"PORT", ""}, // each app gets its own
		{"LOG_FORMAT", "text"},
		{"DRAIN_TIMEOUT", appDrain.String()},
	}
}

// trustedOrigins is the variable that lists the origins that may call.
const trustedOrigins = "BETTER_AUTH_TRUSTED_ORIGINS"

// origins returns the variable that trusts the page at port under each name that
// browsers know this machine by, and the origins that the developer adds.
func origins(port int, also string) variable {
	trusted := fmt.Sprintf("http://localhost:%d,http://127.0.0.1:%d", port, port)
	if also != "" {
		trusted += "," + also
	}
	return variable{trustedOrigins, trusted}
}
