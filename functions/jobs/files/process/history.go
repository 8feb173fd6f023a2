package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"switchyard/shared/files"
)

// outcome is the result of a step.
type outcome interface {
	// told returns in words for the user what came of the step, or why the file fails.
	told() (detail, reason string)
}

// noted returns do as a step of the file's history, that it begins and ends. What do
// returns is its result whatever becomes of the history, so that a step that is tried again
// for the history's sake finds the same.
func noted[T outcome](f Function, in *files.Uploaded, name files.StepName, do func(context.Context) (T, error)) func(context.Context) (T, error) {
	return func(ctx context.Context) (T, error) {
		if err := f.note(ctx, in, files.Step{Name: name, State: files.StepRunning}); err != nil {
			var none T
			return none, err
		}
		out, err := do(ctx)
		if err != nil {
			trouble := files.Step{Name: name, State: files.StepRunning, Detail: "This did not work, and is tried again by itself."}
			return out, errors.Join(err, f.note(ctx, in, trouble))
		}
		step := files.Step{Name: name, State: files.StepDone}
		if detail, reason := out.told(); reason != "" {
			step.State, step.Detail = files.StepFailed, reason
		} else {
			step.Detail = detail
		}
		return out, f.note(ctx, in, step)
	}
}

func (f Function) note(ctx context.Context, in *files.Uploaded, step files.Step) error {
	return f.Files.Step(ctx, in.OwnerID, in.FileID, step)
}

func (p Pinned) told() (detail, reason string) { return "", p.Reason }

func (d Digest) told() (detail, reason string) { return "It is " + d.Type + ".", d.Reason }

func (p Picture) told() (detail, reason string) {
	var said []string
	if p.Width > 0 {
		said = append(said, fmt.Sprintf("%d × %d pixels.", p.Width, p.Height))
	}
	if p.Without != "" {
		said = append(said, "There is no thumbnail: "+p.Without)
	}
	return strings.Join(said, " "), p.Reason
}

// progress counts bytes, and notes how much of a file that is: at most once a second, so
// that of a small file there is nothing to note.
type progress struct {
	done, size int64
	said       time.Time
	say        func(percent int)
}

// Write implements io.Writer.
func (p *progress) Write(b []byte) (int, error) {
	p.done += int64(len(b))
	if time.Since(p.said) >= time.Second && p.done < p.size {
		p.say(int(100 * p.done / p.size))
		p.said = time.Now()
	}
	return len(b), nil
}

// progress returns a writer that notes how much of the file has been written to it. If that
// cannot be noted, the step goes on: to begin anew would be worse.
func (f Function) progress(ctx context.Context, in *files.Uploaded, size int64) io.Writer {
	return &progress{size: size, said: time.Now(), say: func(percent int) {
		err := f.note(ctx, in, files.Step{Name: files.StepDigest, State: files.StepRunning, Progress: percent})
		if err != nil {
			slog.WarnContext(ctx, "the progress of a file is not noted", "file", in.FileID, "error", err)
		}
	}}
}
