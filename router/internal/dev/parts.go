package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"switchyard/internal/backoff"
	"switchyard/internal/project"
	"switchyard/internal/stack"
)

// running is a server that was started.
type running interface {
	Stop() error
	Done() <-chan struct{}
}

// keeper keeps one server running until it is told to stop: a server that ends by
// itself is started again, on the same port.
type keeper struct {
	name  string
	ready chan struct{} // closed when it is up for the first time

	cancel context.CancelFunc
	done   chan struct{} // closed when the server has stopped
	err    error         // how the stopping went; to be read after done
}

// starter starts a server and returns what there is to say of it.
type starter func(ctx context.Context, k *task) (server running, detail string, err error)

// keep starts a server in the background. If it cannot be kept running, fatal is
// told.
func keep(ctx context.Context, t *terminal, name string, start starter, fatal func(error)) *keeper {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // stopped in order, not all at once
	k := &keeper{name: name, ready: make(chan struct{}), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(k.done)
		if err := k.run(ctx, t, start); err != nil {
			fatal(err)
		}
	}()
	return k
}

// run returns when ctx has ended and the server has stopped, or when it makes no
// sense to start it again.
func (k *keeper) run(ctx context.Context, t *terminal, start starter) error {
	var ends limiter
	for first := true; ; first = false {
		shown := t.Begin(k.name)
		server, detail, err := start(ctx, shown)
		switch {
		case err == nil:
			shown.Done(detail)
			if first {
				close(k.ready)
			}
			k.stay(ctx, t, server)
		case first || ctx.Err() != nil:
			shown.Drop()
		default:
			shown.Fail(err.Error())
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to stop
		}
		if first && err != nil {
			return fmt.Errorf("start %s: %w", k.name, err)
		}
		pause, again := ends.Next(time.Now())
		if !again {
			return fmt.Errorf("%s keeps ending by itself; its log is in the folder logs of the state folder", k.name)
		}
		if !backoff.Sleep(ctx, pause) {
			return nil
		}
	}
}

// stay returns when the server has stopped: because ctx has ended, or by itself.
func (k *keeper) stay(ctx context.Context, t *terminal, server running) {
	select {
	case <-ctx.Done():
		k.err = server.Stop()
	case <-server.Done():
		t.Say("  ! %s ended by itself", k.name)
	}
}

// Stop stops the server and returns when it is down.
func (k *keeper) Stop() error {
	k.cancel()
	<-k.done
	if k.err != nil {
		return fmt.Errorf("stop %s: %w", k.name, k.err)
	}
	return nil
}

// wait returns when the server is up for the first time.
func (k *keeper) wait(ctx context.Context) error {
	select {
	case <-k.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// parts are the servers of the stack and where they are. The addresses of the
// bucket and of Inngest are known before these servers run, so that the app need
// not wait for them.
type parts struct {
	postgres, s3, inngest *keeper

	databaseURL string // to be read when postgres is ready
	bucket      bucketAddress
	inngestURL  string

	ports    map[string]int
	logs     map[string]*logFile
	builtS3  chan struct{} // closed when the S3 server needs no building
	once     sync.Once     // for databaseURL
	knewJobs bool          // Inngest has been up before
}

// bucketName returns what the stack's bucket is called: the project's name, as far as
// buckets may be called so. They have 3 to 63 characters.
func bucketName() string {
	name := strings.Trim(notInBucket.ReplaceAllString(strings.ToLower(project.Name()), "-"), "-")
	if len(name) < 3 {
		name += "-files"
	}
	return strings.TrimRight(name[:min(len(name), 63)], "-")
}

var notInBucket = regexp.MustCompile(`[^a-z0-9]+`)

// startParts starts the servers. They go on starting in the background.
func startParts(ctx context.Context, s *state, t *terminal, app string, fatal func(error)) (*parts, error) {
	keys, err := stack.ReadS3Keys(s.dir)
	if err != nil {
		return nil, fmt.Errorf("make the bucket's keys: %w", err)
	}
	p := &parts{builtS3: make(chan struct{}), ports: map[string]int{}, logs: map[string]*logFile{}}
	for _, name := range []string{"postgres", "s3", "inngest"} {
		var errPort, errLog error
		p.ports[name], errPort = s.Port(name)
		p.logs[name], errLog = openLog(s.path("logs"), name)
		if err := errors.Join(errPort, errLog); err != nil {
			return nil, errors.Join(err, p.closeLogs())
		}
	}
	p.bucket = bucketAddress{
		Endpoint: localURL(p.ports["s3"]), Name: bucketName(), Region: keys.Region,
		AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey,
	}
	p.inngestURL = localURL(p.ports["inngest"])
	options := func(name string, k *task) stack.Options {
		return stack.Options{Dir: s.dir, Port: p.ports[name], Log: p.logs[name], Progress: k.Progress}
	}
	p.postgres = keep(ctx, t, "PostgreSQL", func(ctx context.Context, k *task) (running, string, error) {
		return p.startPostgres(ctx, options("postgres", k))
	}, fatal)
	p.s3 = keep(ctx, t, "S3", func(ctx context.Context, k *task) (running, string, error) {
		return p.startS3(ctx, options("s3", k))
	}, fatal)
	p.inngest = keep(ctx, t, "Inngest", func(ctx context.Context, k *task) (running, string, error) {
		return p.startInngest(ctx, options("inngest", k), app)
	}, fatal)
	return p, nil
}

func (p *parts) startPostgres(ctx context.Context, o stack.Options) (running, string, error) {
	server, err := stack.StartPostgres(ctx, stack.PostgresOptions{Options: o, Durable: true})
	if err != nil {
		return nil, "", err
	}
	url, err := server.CreateDatabase(ctx, project.Name())
	if err != nil {
		return nil, "", errors.Join(err, server.Stop())
	}
	p.once.Do(func() { p.databaseURL = url }) // the same each time
	return server, fmt.Sprintf("port %d", o.Port), nil
}

func (p *parts) startS3(ctx context.Context, o stack.Options) (running, string, error) {
	if _, err := stack.BuildS3(ctx, o.Progress); err != nil {
		return nil, "", err
	}
	select {
	case <-p.builtS3:
	default:
		close(p.builtS3)
	}
	server, err := stack.StartS3(ctx, o)
	if err != nil {
		return nil, "", err
	}
	if err := server.CreateBucket(ctx, bucketName()); err != nil {
		return nil, "", errors.Join(err, server.Stop())
	}
	return server, fmt.Sprintf("port %d", o.Port), nil
}

// startInngest starts Inngest. It is not told to ask the app for its jobs every
// few seconds: the app registers when it starts, and here when Inngest was started
// again, because it keeps everything in memory.
func (p *parts) startInngest(ctx context.Context, o stack.Options, app string) (running, string, error) {
	o.Progress("waiting for the S3 server to be built")
	select { // two builds at once would only take longer
	case <-p.builtS3:
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	o.Progress("")
	server, err := stack.StartInngest(ctx, o)
	if err != nil {
		return nil, "", err
	}
	if p.knewJobs {
		o.Progress("registering jobs")
		ctx, cancel := context.WithTimeout(ctx, registerTimeout)
		defer cancel()
		if _, err := untilRegistered(ctx, app, server.URL); err != nil {
			return server, server.URL + ", but the app has not registered its jobs", nil
		}
	}
	p.knewJobs = true
	return server, server.URL, nil
}

// registerTimeout is how long the app may take to register its jobs again.
const registerTimeout = 15 * time.Second

// wait returns when all servers are up for the first time.
func (p *parts) wait(ctx context.Context) error {
	return errors.Join(p.postgres.wait(ctx), p.s3.wait(ctx), p.inngest.wait(ctx))
}

// Stop stops the servers, the database last.
func (p *parts) Stop() error {
	return errors.Join(p.inngest.Stop(), p.s3.Stop(), p.postgres.Stop(), p.closeLogs())
}

func (p *parts) closeLogs() error {
	var errs []error
	for _, log := range p.logs {
		errs = append(errs, log.Close())
	}
	return errors.Join(errs...)
}

func localURL(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

// logFile is the log of a server, begun anew when it gets too long.
type logFile struct {
	mu   sync.Mutex
	file *os.File
	size int64
}

// longestLog is what is kept of a server's log, in bytes.
const longestLog = 8 << 20

func openLog(folder, name string) (*logFile, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open a log: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(folder, name+".log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open a log: %w", err)
	}
	return &logFile{file: file}, nil
}

// Write implements io.Writer.
func (l *logFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size += int64(len(b)); l.size > longestLog {
		if err := l.file.Truncate(0); err != nil {
			return 0, err
		}
		if _, err := l.file.Seek(0, io.SeekStart); err != nil {
			return 0, err
		}
		l.size = int64(len(b))
	}
	return l.file.Write(b)
}

// Close implements io.Closer.
func (l *logFile) Close() error {
	if l == nil { // it could not be opened
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
