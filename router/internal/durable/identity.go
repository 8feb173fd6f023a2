package durable

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/shared/db"
)

// The parameters of a function's URL that say whose it is: programs that do not know of
// each other can so find out at Inngest.
const (
	programParam = "program"
	stackParam   = "stack"
)

// askTimeout bounds one question to who answers at an address.
const askTimeout = 5 * time.Second

// identity names the program that registers functions, together with its database if it
// has one. All its replicas and services share it.
type identity struct {
	program string // the path of the main module
	stack   string // which database, as others may know it; "" for none
	secret  []byte // by which replicas know each other
}

// withoutDatabase returns the identity of a program whose replicas share nothing but a key.
func withoutDatabase(program, key string) *identity {
	secret := sha256.Sum256([]byte("switchyard\n" + program + "\n" + key))
	return &identity{program: program, secret: secret[:]}
}

// withDatabase returns the identity of a program with a database, which keeps an id. A
// copy of the database has the same id: see [Host.claim].
func (i identity) withDatabase(ctx context.Context, d *db.DB) (*identity, error) {
	if _, err := d.Exec(ctx, `INSERT INTO job_stack DEFAULT VALUES ON CONFLICT DO NOTHING`); err != nil {
		return nil, fmt.Errorf("make an id for this database: %w", err)
	}
	var id string
	if err := d.QueryRow(ctx, `SELECT id::text FROM job_stack`).Scan(&id); err != nil {
		return nil, fmt.Errorf("ask for the id of this database: %w", err)
	}
	public := sha256.Sum256([]byte(id))
	i.stack, i.secret = hex.EncodeToString(public[:6]), []byte(id)
	return &i, nil
}

// mark adds to the query of a function's URL whose it is.
func (i identity) mark(query string) string {
	own := url.Values{programParam: {i.program}}
	if i.stack != "" {
		own.Set(stackParam, i.stack)
	}
	return query + "&" + own.Encode()
}

// proof returns the answer to nonce that only replicas of this program can give: they
// share the secret.
func (i identity) proof(nonce string) string {
	mac := hmac.New(sha256.New, i.secret)
	_, _ = io.WriteString(mac, "program\n"+nonce)
	return hex.EncodeToString(mac.Sum(nil))
}

// introduction answers a question to a host: which program is it?
type introduction struct {
	Program string `json:"program"`
	Origin  string `json:"origin"` // where it says that it is
	Proof   string `json:"proof"`
}

// introduce answers that question. Outside development it has to be signed, as every
// request to the handler has to be.
func (h *Host) introduce(r *http.Request) *answer {
	i := h.self.Load()
	return written(http.StatusOK, introduction{i.program, h.origin(), i.proof(r.URL.Query().Get(programParam))})
}

// origin returns the address at which Inngest reaches this host, without [Path].
func (h *Host) origin() string { return strings.TrimSuffix(h.url, Path) }

// who asks the host at origin for its introduction, and reports whether it is a replica of
// this program. The error says what came back if it was no introduction.
func (h *Host) who(ctx context.Context, origin string) (it introduction, ours bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	nonce := rand.Text()
	at := strings.TrimRight(origin, "/") + Path
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"?"+programParam+"="+nonce, nil)
	if err != nil {
		return it, false, fmt.Errorf("GET %s: %w", at, err)
	}
	req.Header.Set(inngestgo.HeaderKeySignature, signAnswer(h.key, nil, time.Now()))
	res, err := h.doors.Do(req)
	if err != nil {
		return it, false, fmt.Errorf("GET %s: %w", at, causeOf(err))
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return it, false, fmt.Errorf("GET %s: %w", at, err)
	}
	if res.StatusCode != http.StatusOK || json.Unmarshal(body, &it) != nil || it.Proof == "" {
		return it, false, fmt.Errorf("GET %s was answered %s (%s)", at, res.Status,
			cmp.Or(res.Header.Get("Location"), res.Header.Get("Content-Type"), "nothing"))
	}
	return it, hmac.Equal([]byte(it.Proof), []byte(h.self.Load().proof(nonce))), nil
}

// unreachedError says that this service is not reached at its own URL.
type unreachedError struct{ error }

// tryOrigin returns nil if a replica of this program answers at the URL that Inngest is
// to be told. Where no replica stays, there is nobody to answer yet.
func (h *Host) tryOrigin(ctx context.Context) error {
	if h.packaged || h.untried {
		return nil
	}
	it, ours, err := h.who(ctx, h.origin())
	switch {
	case err != nil:
	case !ours:
		err = fmt.Errorf("GET %s was answered by %s, and not by this program or not with this database", h.url, it.Program)
	default:
		return nil
	}
	return unreachedError{fmt.Errorf("this service is not reached at its own URL, which Inngest would call: %w. "+
		"Look at %s; set INNGEST_SERVE_UNTRIED=on if others can reach it and only this service cannot", err, h.variable)}
}

// causeOf returns err without the URL, which [url.Error] repeats.
func causeOf(err error) error {
	if wrapped, ok := err.(*url.Error); ok { //nolint:errorlint // what http.Client returns, and no cause of it
		return wrapped.Err
	}
	return err
}
