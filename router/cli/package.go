//go:build !switchyard_release

package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"switchyard/router/internal/app"
	"switchyard/router/internal/function"
	"switchyard/router/internal/pack"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/program"
	"switchyard/router/internal/service"
	"switchyard/router/internal/tool"
	"switchyard/shared/config"
)

type packageCmd struct {
	Target   string
	Function []string // patterns
	Each     bool
	All      bool
	Arch     string
	Front    string
	IaC      string
	Behind   bool
	Out      string // a folder
}

func (p *process) pack() *cobra.Command {
	c := packageCmd{Target: "lambda", IaC: "sam"}
	cmd := &cobra.Command{
		Use:   "package",
		Short: "Build functions for AWS Lambda, or as containers.",
		Long: `Builds programs that hold one function, or some, and nothing that these do not
need: no database driver without a database, none of the router's verbs. It needs the
repository's source and the go command, as check does, and changes no file but in --out.
The same commit gives the same bytes, wherever and whenever it is built.

For Lambda each program is a zip with "bootstrap" in it, for the runtime
provided.al2023. What comes into conflict with a limit of AWS is told. Beside the zips
stands what describes them to AWS: template.yaml for AWS SAM, or the files of a Terraform
module. Both ask for what differs between deployments, and hold no secret.

For containers each program is an image, in a folder of its name, as a layout of the Open
Container Initiative; service.yaml describes them to Knative and Google Cloud Run.

Examples:
  go run ./router package --each
  go run ./router package --function api/keys/create --function 'jobs/**' --front url
  go run ./router package --all --arch amd64 --out /tmp/dist
  go run ./router package --each --iac terraform
  go run ./router package --all --target container`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.run(p) },
	}
	f := cmd.Flags()
	f.Var(tool.OneOf(&c.Target, "lambda", "container"), "target", "What to build: zips for AWS Lambda, or containers.")
	f.StringArrayVar(&c.Function, "function", nil, "Package the functions whose names match this `PATTERN`, each apart: 'api/**'. May be repeated.")
	f.BoolVar(&c.Each, "each", false, "Package every function, each apart.")
	f.BoolVar(&c.All, "all", false, "Package all functions, or those of --function, in one.")
	f.Var(tool.OneOf(&c.Arch, "arm64", "amd64"), "arch", "arm64 or amd64. Defaults to arm64 for Lambda, amd64 for containers.")
	f.Var(tool.OneOf(&c.Front, "http-api", "url"), "front", "What leads to the functions on AWS: http-api, one API Gateway for all, or url, a function URL for each. Defaults to http-api, with --behind or --all to url.")
	f.Var(tool.OneOf(&c.IaC, "sam", "terraform", "none"), "iac", "What describes the Lambdas to AWS: a template of AWS SAM, a module of Terraform, or none.")
	f.BoolVar(&c.Behind, "behind", false, "Only a router calls the functions, as SWITCHYARD_REMOTE tells it. It has admitted the caller, and they take its word.")
	f.StringVar(&c.Out, "out", "dist", "The folder `DIR` to write into.")
	cmd.MarkFlagsMutuallyExclusive("each", "all")
	return cmd
}

// run builds programs.
func (c packageCmd) run(p *process) error {
	all := p.of.Functions
	some, err := c.choose(all)
	if err != nil {
		return err
	}
	root, err := tool.Root()
	if err != nil {
		return err
	}
	built, err := pack.Build(p.Ctx, pack.Options{
		Options: plan.Options{
			Functions: some, Together: c.All,
			Target: c.Target, Arch: c.arch(), Front: c.front(), Behind: c.Behind, IaC: c.IaC,
			Needs:  p.needsOf,
			Caller: service.NewEnv[config.Caller](),
		},
		Root: root, Out: c.Out, All: all, Progress: p.ErrOut,
	})
	if err != nil {
		return err
	}
	for _, w := range built.Warnings(p.Getenv) {
		fmt.Fprintf(p.ErrOut, "warning: %s\n", w)
	}
	return c.summarize(p, built)
}

// needsOf returns what a program of some functions needs.
func (p *process) needsOf(some []function.Function) (*service.Set, error) {
	a, err := app.New(p.of, some, app.Parts{})
	if err != nil {
		return nil, err
	}
	return a.Needs, nil
}

// choose returns the functions that are to be packaged. The error is an program.UsageError.
func (c packageCmd) choose(all []function.Function) ([]function.Function, error) {
	switch n := len(c.Function); {
	case n == 0 && !c.Each && !c.All:
		return nil, program.UsageError("say what to package: --function PATTERN, --each or --all")
	case n > 0 && c.Each:
		return nil, program.UsageError("--each is every function: leave it out with --function, which packages each of its functions apart")
	case c.Target == plan.Container && (c.Front != "" || c.IaC != "sam"):
		return nil, program.UsageError("--front and --iac are of Lambda: a container is described by service.yaml")
	}
	return selection{Only: c.Function}.of(all)
}

func (c packageCmd) arch() string {
	switch {
	case c.Arch != "":
		return c.Arch
	case c.Target == plan.Container:
		return "amd64"
	}
	return "arm64"
}

func (c packageCmd) front() string {
	switch {
	case c.Front != "":
		return c.Front
	case c.Behind, c.All: // one function URL streams
		return plan.URL
	}
	return plan.HTTPAPI
}

// summarize lists what was built.
func (c packageCmd) summarize(p *process, built plan.Plan) error {
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tFUNCTIONS\tZIP\tUNZIPPED\tTIMEOUT\tMEMORY\tSHA-256")
	for _, u := range built.Units {
		zip, sum := "-", "-"
		if u.Zip != "" {
			zip, sum = plan.Size(u.Size), u.SHA256[:12]
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%v\t%d MiB\t%s\n", u.Name, len(u.Functions), zip, plan.Size(u.Unzipped), u.Timeout, u.Memory, sum)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.Out, "\nPackages in %s: %d, for linux/%s, of %s\n", c.Out, len(built.Units), built.Arch, built.Version)
	return err
}
