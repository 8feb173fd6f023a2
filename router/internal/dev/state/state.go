// Package state keeps the folder of dev: data, binaries, secrets, ports, and dev.json.
package state

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"switchyard/internal/stack"
	"switchyard/internal/stack/process"
)

// Folder outlives a run: it has the data, the binaries, and what makes the next run like
// this one. Only one `dev` at a time holds it.
type Folder struct {
	Dir  string
	lock *process.Locked

	mu   sync.Mutex
	kept kept
}

// kept is the content of settings.json, which is the same from run to run.
type kept struct {
	AuthSecret   string         `json:"authSecret"`
	MetricsToken string         `json:"metricsToken"`
	Ports        map[string]int `json:"ports"`
	// Unseeded says that the database is new, and schema/seed.sql did not run on it.
	Unseeded bool `json:"unseeded,omitempty"`
}

// holder is the content of the lock file: which process holds it.
type holder struct {
	PID int    `json:"pid"`
	URL string `json:"url,omitempty"`
}

// Open makes dir if need be, takes it for this process, and ends what an
// earlier process that was killed left running there.
func Open(dir string) (*Folder, error) {
	if err := makeStateDir(dir); err != nil {
		return nil, fmt.Errorf("make the state folder, or take another one with --state: %w", err)
	}
	s := &Folder{Dir: dir}
	var err error
	s.lock, err = process.Lock(s.Path("dev.lock"))
	if errors.Is(err, process.ErrInUse) {
		return nil, s.heldBy()
	}
	if err != nil {
		return nil, fmt.Errorf("lock the state folder: %w", err)
	}
	if err := errors.Join(s.Announce(""), s.RemoveAddresses(), s.load()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := process.Clean(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("end what an earlier run left: %w", err), s.Close())
	}
	return s, nil
}

// makeStateDir makes dir private. As root, PostgreSQL runs as another user and
// must be able to pass through, without seeing what is there.
func makeStateDir(dir string) error {
	mode := fs.FileMode(0o700)
	if os.Getuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return err
	}
	if err := os.Chmod(dir, mode); err != nil { // whatever the umask
		return err
	}
	return os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("*\n"), 0o600)
}

// heldBy returns the error that says who has the folder.
func (s *Folder) heldBy() error {
	var h holder
	text, _ := os.ReadFile(s.Path("dev.lock"))
	if json.Unmarshal(text, &h) != nil || h.PID == 0 {
		return fmt.Errorf("another `dev` is using %s: stop it, or give this one a folder of its own with --state", s.Dir)
	}
	who := "process " + strconv.Itoa(h.PID)
	if h.URL != "" {
		who += ", " + h.URL
	}
	return fmt.Errorf("another `dev` is using %s (%s): stop it, or give this one a folder of its own with --state", s.Dir, who)
}

// Announce writes into the lock file who holds it.
func (s *Folder) Announce(url string) error {
	text, err := json.Marshal(holder{PID: os.Getpid(), URL: url})
	if err != nil {
		return err
	}
	if err := s.lock.Truncate(0); err != nil {
		return err
	}
	_, err = s.lock.WriteAt(append(text, '\n'), 0)
	return err
}

// load reads settings.json, or makes up what is not there.
func (s *Folder) load() error {
	text, err := os.ReadFile(s.Path("settings.json"))
	if err == nil {
		_ = json.Unmarshal(text, &s.kept) // what cannot be read is made anew
	}
	if s.kept.AuthSecret == "" {
		s.kept.AuthSecret = rand.Text() + rand.Text()
	}
	if s.kept.MetricsToken == "" {
		s.kept.MetricsToken = rand.Text()
	}
	if s.kept.Ports == nil {
		s.kept.Ports = map[string]int{}
	}
	if !stack.HasPostgres(s.Dir) {
		s.kept.Unseeded = true
	}
	return s.save()
}

// Reset removes the database, so that the next start of PostgreSQL makes an empty one, and
// what Inngest keeps: it takes a program with another database for another program.
func (s *Folder) Reset() error {
	if err := errors.Join(stack.RemovePostgres(s.Dir), os.RemoveAll(s.Path("inngest"))); err != nil {
		return fmt.Errorf("remove the database: %w", err)
	}
	s.kept.Unseeded = true
	return s.save()
}

// Unseeded reports whether the database is new, until Seeded is called.
func (s *Folder) Unseeded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.Unseeded
}

// Seeded notes that the database is no longer new.
func (s *Folder) Seeded() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept.Unseeded = false
	return s.save()
}

// AuthSecret returns the secret that sessions are signed with.
func (s *Folder) AuthSecret() string { return s.kept.AuthSecret }

// MetricsToken returns the bearer token of /metrics.
func (s *Folder) MetricsToken() string { return s.kept.MetricsToken }

func (s *Folder) save() error { return s.write("settings.json", s.kept) }

// Port returns the port that the part called name had last time if it is still
// free, so that a psql session or a bookmark goes on working; else a free one.
func (s *Folder) Port(name string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	port := s.kept.Ports[name]
	if port == 0 || !isFree(port) {
		var err error
		if port, err = stack.FreePort(); err != nil {
			return 0, fmt.Errorf("find a free port for %s: %w", name, err)
		}
	}
	s.kept.Ports[name] = port
	return port, s.save()
}

func isFree(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) //nolint:noctx // local and at once
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// Addresses is dev.json: where every part is, for scripts and tests. What does not run is
// left out.
type Addresses struct {
	App          string  `json:"app"`
	DatabaseURL  string  `json:"database_url,omitempty"`
	Bucket       *Bucket `json:"bucket,omitempty"`
	Inngest      string  `json:"inngest,omitempty"`
	EventKey     string  `json:"event_key,omitempty"`
	MailFile     string  `json:"mail_file"`     // where mail goes; see package mailer for its lines
	MetricsToken string  `json:"metrics_token"` // the bearer token of /metrics
}

// Bucket says how a bucket is reached.
type Bucket struct {
	Endpoint        string `json:"endpoint"`
	Name            string `json:"name"`
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
	Region          string `json:"region"`
}

// WriteAddresses writes dev.json.
func (s *Folder) WriteAddresses(a Addresses) error { return s.write("dev.json", a) }

// RemoveAddresses removes dev.json, if it is there.
func (s *Folder) RemoveAddresses() error {
	err := os.Remove(s.Path("dev.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// write replaces the file called name at once: a reader sees the old content or
// the new. Only this user may read it.
func (s *Folder) write(name string, content any) error {
	text, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(s.Dir, name+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.Path(name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(f.Name()))
	}
	return nil
}

// Path returns the path of what is called so in the folder.
func (s *Folder) Path(elements ...string) string {
	return filepath.Join(append([]string{s.Dir}, elements...)...)
}

// MailFile returns the path of the file that mail goes to.
func (s *Folder) MailFile() string { return s.Path("mail.jsonl") }

// Close gives the folder free.
func (s *Folder) Close() error {
	if s.lock == nil {
		return nil
	}
	err := errors.Join(s.RemoveAddresses(), s.lock.Truncate(0), s.lock.Close())
	s.lock = nil
	return err
}
