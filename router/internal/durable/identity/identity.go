// Package identity says which program a process runs, and with which database, so that
// programs that do not know of each other find out at Inngest: the URL of each function
// has it, and a host that is asked proves it.
//
// A question is a GET of a host's handler with a nonce in the parameter [ProgramParam],
// signed as every request to the handler has to be. The answer is an [Introduction].
package identity

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/router/internal/durable/signing"
	"switchyard/shared/db"
)

// The parameters of a function's URL that say whose it is.
const (
	ProgramParam = "program"
	StackParam   = "stack"
)

const (
	askTimeout = 5 * time.Second // one question to who answers at an address
	maxAnswer  = 64 << 10        // bytes of an introduction
)

// Config describes a process.
type Config struct {
	Program string // the path of the main module
	Origin  string // the base URL at which Inngest reaches this process
	Path    string // of the handler there
	Key     string // that questions are signed with
}

// Self says which program this process runs. All replicas and services of a program share the program,
// and the database if they have one. It is safe for concurrent use.
type Self struct {
	config Config
	http   *http.Client
	shared atomic.Pointer[shared]
}

// shared has what only replicas of one program know.
type shared struct {
	stack  string // which database, as others may know it; "" for none
	secret []byte // by which replicas know each other
}

// New returns the identity of a program whose replicas share nothing but a key.
func New(c Config) *Self {
	c.Origin = strings.TrimRight(c.Origin, "/")
	s := &Self{config: c, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // Inngest follows none
	}}
	secret := sha256.Sum256([]byte("switchyard\n" + c.Program + "\n" + c.Key))
	s.shared.Store(&shared{secret: secret[:]})
	return s
}

// UseDatabase makes it the identity of a program with a database, which keeps an id. A
// copy of the database has the same id.
func (s *Self) UseDatabase(ctx context.Context, d *db.DB) error {
	if _, err := d.Exec(ctx, `INSERT INTO job_stack DEFAULT VALUES ON CONFLICT DO NOTHING`); err != nil {
		return fmt.Errorf("make an id for this database: %w", err)
	}
	var id string
	if err := d.QueryRow(ctx, `SELECT id::text FROM job_stack`).Scan(&id); err != nil {
		return fmt.Errorf("ask for the id of this database: %w", err)
	}
	public := sha256.Sum256([]byte(id))
	s.shared.Store(&shared{stack: hex.EncodeToString(public[:6]), secret: []byte(id)})
	return nil
}

// Program returns the path of the main module.
func (s *Self) Program() string { return s.config.Program }

// Origin returns the base URL at which Inngest reaches this process.
func (s *Self) Origin() string { return s.config.Origin }

// URL returns where the handler is.
func (s *Self) URL() string { return s.HandlerAt(s.config.Origin) }

// HandlerAt returns where the handler of a host at origin is.
func (s *Self) HandlerAt(origin string) string {
	return strings.TrimRight(origin, "/") + s.config.Path
}

// Owns reports whether a function whose URL says so is one of this program with this
// database.
func (s *Self) Owns(program, stack string) bool {
	return program == s.config.Program && stack == s.shared.Load().stack
}

// Mark adds to the query of a function's URL whose it is.
func (s *Self) Mark(query string) string {
	own := url.Values{ProgramParam: {s.config.Program}}
	if stack := s.shared.Load().stack; stack != "" {
		own.Set(StackParam, stack)
	}
	return query + "&" + own.Encode()
}

// Introduction answers the question which program a host runs.
type Introduction struct {
	Program string `json:"program"`
	Origin  string `json:"origin"` // where the host says that it is
	Proof   string `json:"proof"`  // which only replicas of the program can give
}

// Introduce answers a question with this nonce.
func (s *Self) Introduce(nonce string) Introduction {
	return Introduction{Program: s.config.Program, Origin: s.config.Origin, Proof: s.proof(nonce)}
}

// proof is the HMAC of the nonce under the secret that replicas share.
func (s *Self) proof(nonce string) string {
	mac := hmac.New(sha256.New, s.shared.Load().secret)
	_, _ = io.WriteString(mac, "program\n"+nonce)
	return hex.EncodeToString(mac.Sum(nil))
}

// Ask asks the host at origin for its introduction, and reports whether it is a replica of
// this program, with this database. The error says what came back if it was no
// introduction.
func (s *Self) Ask(ctx context.Context, origin string) (it Introduction, same bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	nonce, at := rand.Text(), s.HandlerAt(origin)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"?"+ProgramParam+"="+nonce, nil)
	if err != nil {
		return it, false, fmt.Errorf("GET %s: %w", at, err)
	}
	req.Header.Set(inngestgo.HeaderKeySignature, signing.Sign(s.config.Key, nil, time.Now()))
	res, err := s.http.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok { // it repeats the URL
			err = wrapped.Err
		}
		return it, false, fmt.Errorf("GET %s: %w", at, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return it, false, fmt.Errorf("GET %s: %w", at, err)
	}
	if res.StatusCode != http.StatusOK || json.Unmarshal(body, &it) != nil || it.Proof == "" {
		return it, false, fmt.Errorf("GET %s was answered %s (%s)", at, res.Status,
			cmp.Or(res.Header.Get("Location"), res.Header.Get("Content-Type"), "nothing"))
	}
	return it, hmac.Equal([]byte(it.Proof), []byte(s.proof(nonce))), nil
}
