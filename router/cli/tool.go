package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/router/internal/tool"
	"switchyard/router/internal/version"
)

// ofTool is a verb that writes source. The project's tool has it, with its flags and its help:
// the router links nothing for it.
func (p *process) ofTool(verb, short string) *cobra.Command {
	return &cobra.Command{
		Use: verb, Short: short, DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			return p.tool(append([]string{verb}, args...)...)
		},
	}
}

// tool runs the project's tool with args: that of the module in which the working directory is,
// else that of the framework's release that this router was built with. How it ends is how the
// router ends, but that go run makes 1 of each status of a failure.
func (p *process) tool(args ...string) error {
	command, err := p.findTool(version.Released())
	if err != nil {
		return err
	}
	cmd := p.goCommand(append(command, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, p.Out, p.ErrOut
	err = cmd.Run()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok && ended.Exited() {
		return tool.StatusError(ended.ExitCode())
	}
	return err
}

// findTool returns the arguments of the go command that run the tool; release is the version
// of the framework, "" if it was built from a folder.
func (p *process) findTool(release string) ([]string, error) {
	name := version.Module() + "/router/internal/switchyard"
	tools, err := p.goCommand("tool").Output() // which lists them
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("this verb writes source, for which it needs the go command: it is not in the PATH, see https://go.dev/dl")
	}
	switch failed, ok := errors.AsType[*exec.ExitError](err); {
	case err == nil && slices.Contains(strings.Fields(string(tools)), name):
		return []string{"tool", name}, nil
	case release != "": // which needs no module here, nor that it is sound
		return []string{"run", name + "@" + release}, nil
	case ok:
		return nil, fmt.Errorf("list the tools of the module here: %s", strings.TrimSpace(string(failed.Stderr)))
	case err != nil:
		return nil, err
	}
	return nil, fmt.Errorf("no module here has the tool %s, and this router was built from a folder, of no release that could be fetched: run it inside a project, or a checkout of %s", name, version.Module())
}

// goCommand is the go command with args. When the router is told to end, it is told so, too.
func (p *process) goCommand(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(p.Ctx, "go", args...)
	cmd.Env = p.Environ
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second // and is killed then
	return cmd
}
