package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"switchyard/router/internal/app"
	"switchyard/router/internal/app/parts"
)

type registerCmd struct {
	Timeout time.Duration
	Clear   bool
}

func (p *process) register() *cobra.Command {
	var c registerCmd
	cmd := &cobra.Command{
		Use:   "register",
		Short: "Tell Inngest where it reaches the jobs that run in packages.",
		Long: `Tells Inngest where it reaches the jobs that run in packages: each at the URL that
SWITCHYARD_REMOTE has for it, the others at INNGEST_SERVE_ORIGIN or BETTER_AUTH_URL.
Run it after each deployment of jobs to Lambda. A router that runs all the time
does this by itself, for the jobs in SWITCHYARD_REMOTE too, and needs it not.

Example:
  SWITCHYARD_REMOTE='jobs/mail=https://….lambda-url.eu-west-1.on.aws' router register`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	f := cmd.Flags()
	f.DurationVar(&c.Timeout, "timeout", time.Minute, "How long to wait for Inngest and the database.")
	f.BoolVar(&c.Clear, "clear", false, "Have Inngest forget the app's functions, even another program's with the same id that is gone for good.")
	return cmd
}

// run tells Inngest.
func (c registerCmd) run(p *process) error {
	ctx, cancel := context.WithTimeout(p.Ctx, c.Timeout)
	defer cancel()
	return app.Register(ctx, p.of, parts.All(), p.Getenv, p.Out, c.Clear)
}
