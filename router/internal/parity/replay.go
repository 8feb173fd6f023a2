package parity

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// patience is how long an answer may take.
const patience = time.Minute

// Defaults of what every request has: a name that is not this machine's, so that it
// shows in links, and an id, which is in answers.
const (
	defaultHost = "parity.example"
	idHeader    = "X-Request-Id"
)

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Broken bool // it broke off: there is no telling what else there was

	variables map[string]string // what was known when it came
}

// replay sends the requests of f to t and returns the answers.
func replay(ctx context.Context, t *target, f File) ([]Answer, error) {
	s := session{target: t, variables: maps.Clone(f.Variables), cookies: map[string]string{}}
	var answers []Answer
	for _, r := range f.Requests {
		a, err := s.send(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		answers = append(answers, a)
	}
	return answers, nil
}

// session is the client that sends the requests of a file.
type session struct {
	target    *target
	variables map[string]string
	cookies   map[string]string
}

// send writes r to a connection of its own, as it stands: net/http's client would put
// path, names and fields in order.
func (s *session) send(ctx context.Context, r Request) (Answer, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.target.address)
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return Answer{}, err
	}
	request := s.wire(r)
	go func() { _, _ = conn.Write(request) }() // an answer may come before all is sent
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: r.Method})
	if err != nil {
		if ctx.Err() != nil {
			return Answer{}, ctx.Err()
		}
		return Answer{Broken: true}, nil
	}
	defer resp.Body.Close()
	a := Answer{Status: resp.StatusCode, Header: resp.Header}
	if a.Body, err = io.ReadAll(resp.Body); err != nil {
		a.Broken = true
	}
	s.learn(r, a, resp.Cookies())
	a.variables = maps.Clone(s.variables)
	return a, nil
}

// wire returns the bytes of r.
func (s *session) wire(r Request) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", r.Method, s.fill(r.Target))
	body := []byte(s.fill(string(r.Body)))
	fields := slices.Clone(r.Fields) // which others send at the same time
	add := func(name, value string) {
		if r.header(name) == nil && value != "" {
			fields = append(fields, Field{name, value})
		}
	}
	if s.target.bare {
		fields = forwarded(r)
	}
	add("Host", defaultHost)
	add(idHeader, uuid.NewSHA1(uuid.NameSpaceURL, []byte(r.Name)).String())
	add("Cookie", s.cookie())
	add("Connection", "close")
	if len(body) > 0 || r.Method == http.MethodPost || r.Method == http.MethodPut {
		add("Content-Length", strconv.Itoa(len(body)))
	}
	for _, f := range fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, s.fill(f.Value))
	}
	b.WriteString("\r\n")
	return append([]byte(b.String()), body...)
}

// forwarded returns r's fields with what a proxy adds to them, as AWS's front doors do:
// a host stands behind one.
func forwarded(r Request) []Field {
	fields := slices.DeleteFunc(slices.Clone(r.Fields), func(f Field) bool { return strings.HasPrefix(http.CanonicalHeaderKey(f.Name), "X-Forwarded-") })
	return append(fields,
		Field{"X-Forwarded-For", strings.Join(append(r.header("X-Forwarded-For"), "127.0.0.1"), ", ")},
		Field{"X-Forwarded-Proto", "https"}, Field{"X-Forwarded-Port", "443"})
}

// fill puts values in the place of {{names}}.
func (s *session) fill(text string) string {
	for name, value := range s.variables {
		text = strings.ReplaceAll(text, "{{"+name+"}}", value)
	}
	return text
}

// cookie returns the cookies that were set, in one line.
func (s *session) cookie() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s.cookies)) {
		all = append(all, name+"="+s.cookies[name])
	}
	return strings.Join(all, "; ")
}

// learn keeps what an answer set.
func (s *session) learn(r Request, a Answer, cookies []*http.Cookie) {
	for _, c := range cookies {
		if c.MaxAge < 0 || (!c.Expires.IsZero() && c.Expires.Before(time.Now())) {
			delete(s.cookies, c.Name)
			continue
		}
		s.cookies[c.Name] = c.Value
	}
	for _, set := range r.Sets {
		if m := set.Pattern.FindSubmatch(append(fields(a.Header), a.Body...)); m != nil {
			s.variables[set.Name] = string(m[1])
		}
	}
}

// fields returns a header as text, with an empty line at its end.
func fields(h http.Header) []byte {
	var b strings.Builder
	_ = h.Write(&b) // to memory
	return []byte(b.String() + "\r\n")
}
