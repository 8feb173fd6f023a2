package stack

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
)

// BuildS3 builds the S3 server (versitygw) with the go command, once, and returns
// the path of the program. If several processes want it at the same moment, one
// builds and the others wait. Progress may be nil; see [Options].
func BuildS3(ctx context.Context, progress func(string)) (string, error) {
	const program = "versitygw"
	return buildTool(ctx, progress, program, build{
		verb: "building", label: "the S3 server", name: "s3",
		recipe: func(ctx context.Context, module, target string) error {
			return runGo(ctx, module, "build", "-buildvcs=false", "-trimpath",
				"-o", filepath.Join(target, program), "github.com/versity/versitygw/cmd/versitygw")
		},
	})
}

// BuildInngest returns the path of the Inngest server: the inngest on the PATH, or
// one that is built with the go command, as [BuildS3] does. That takes minutes.
func BuildInngest(ctx context.Context, progress func(string)) (string, error) {
	const program = "inngest"
	if path, ok := installedInngest(); ok {
		return filepath.Abs(path)
	}
	return buildTool(ctx, progress, program, build{
		verb: "building", label: "the Inngest server", name: "inngest",
		recipe: func(ctx context.Context, module, target string) error {
			return buildInngest(ctx, module, filepath.Join(target, program))
		},
	})
}

// installedInngest returns the inngest on the PATH, if there is one.
func installedInngest() (path string, ok bool) {
	path, err := exec.LookPath("inngest")
	return path, err == nil
}

// buildInngest builds the server into the file program. Inngest's module embeds files
// that its release lacks, and what is in the module cache cannot be changed: it is
// built from a vendor folder in which one such file is put.
func buildInngest(ctx context.Context, module, program string) error {
	// -e: the missing files are no reason to stop.
	if err := runGo(ctx, module, "mod", "vendor", "-e"); err != nil {
		return err
	}
	docs := filepath.Join(module, "vendor/github.com/inngest/inngest/internal/embeddocs/website/pages/docs")
	if err := os.MkdirAll(docs, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(docs, "index.md"), []byte("# Not included\n"), 0o600); err != nil {
		return err
	}
	return runGo(ctx, module, "build", "-mod=vendor", "-buildvcs=false", "-trimpath", "-ldflags=-s -w",
		"-o", program, "main.go", "store.go")
}

// buildTool makes b from the module of its name, and returns the path of the program
// in it.
func buildTool(ctx context.Context, progress func(string), program string, b build) (string, error) {
	var err error
	if b.cache, err = cacheDir(); err != nil {
		return "", err
	}
	if b.files, err = toolFiles(b.name); err != nil {
		return "", err
	}
	dir, err := b.once(ctx, progress)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, program), nil
}
