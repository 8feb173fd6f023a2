package probe

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"
)

// echo answers with the request as a handler sees it, but for what differs with the
// way that it came: how it was framed, and what front doors add.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "%s %s %s\n", r.Method, r.URL.EscapedPath(), r.Proto)
	fmt.Fprintf(w, "path %q rest %q host %q\n", r.URL.Path, r.PathValue("rest"), r.Host)
	query := r.URL.Query()
	for _, key := range slices.Sorted(maps.Keys(query)) {
		fmt.Fprintf(w, "query %q %q\n", key, query[key])
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if !added(name) {
			fmt.Fprintf(w, "header %s %q\n", name, list(name, r.Header[name]))
		}
	}
	for _, c := range r.Cookies() {
		fmt.Fprintf(w, "cookie %s=%q\n", c.Name, c.Value)
	}
	fmt.Fprintf(w, "length %d body %d %x\n", r.ContentLength, len(body), sha256.Sum256(body))
	if utf8.Valid(body) && len(body) < 1<<10 {
		fmt.Fprintf(w, "%s\n", body)
	}
}

// list returns the values of a header as one, which is the same however many lines they
// stood in, and whatever space was between them.
func list(name string, values []string) string {
	separator := ","
	if name == "Cookie" {
		separator = ";"
	}
	var items []string
	for item := range strings.SplitSeq(strings.Join(values, separator), separator) {
		items = append(items, strings.TrimSpace(item))
	}
	return strings.Join(items, separator+" ")
}

// added reports whether a front door may add a header.
func added(name string) bool {
	return strings.HasPrefix(name, "X-Amzn-") || name == "Content-Length" || name == "Connection"
}

// small answers with how much came, as if nothing could be wrong with that.
func small(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body)
	fmt.Fprintf(w, "bytes %d\n", n)
}

// name answers with what a wildcard of a route got.
func name(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "name %q\n", r.PathValue("name")) }

// target answers with the request line's target as it was sent.
func target(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "target %q query %q\n", r.RequestURI, r.URL.RawQuery)
}

// client answers with whether the address of who called is one, and which. A port is a
// port, whichever.
func client(w http.ResponseWriter, r *http.Request) {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	_, hasDeadline := r.Context().Deadline()
	fmt.Fprintf(w, "address %s %v deadline %t\n", a.Addr(), err, hasDeadline)
}

// typed is an endpoint with types.
type typed struct{}

type typedInput struct {
	ID    string   `path:"id" maxLength:"20"`
	Limit int      `query:"limit" minimum:"1" maximum:"10" default:"5"`
	Tags  []string `query:"tag,explode"`
	IDs   []int64  `query:"id"`
	Body  struct {
		Name  string          `json:"name" maxLength:"40"`
		Count int             `json:"count,omitempty" default:"7"`
		Note  string          `json:"note,omitempty" default:"none"`
		More  json.RawMessage `json:"more,omitempty"`
	}
}

type typedOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		ID    string   `json:"id"`
		Limit int      `json:"limit"`
		Tags  []string `json:"tags"`
		IDs   []int64  `json:"ids"`
		Name  string   `json:"name"`
		Count int      `json:"count"`
		Note  string   `json:"note"`
	}
}

// Handle answers with its input.
func (typed) Handle(_ context.Context, in *typedInput) (*typedOutput, error) {
	out := &typedOutput{ETag: `"` + in.ID + `"`}
	out.Body.ID, out.Body.Limit, out.Body.Tags, out.Body.IDs = in.ID, in.Limit, in.Tags, in.IDs
	out.Body.Name, out.Body.Count, out.Body.Note = in.Body.Name, in.Body.Count, in.Body.Note
	return out, nil
}

// tagged is an endpoint whose answers have tags.
type tagged struct{}

type taggedInput struct {
	N int `path:"n" minimum:"0" maximum:"100000"`
}

type taggedOutput struct {
	Total int `header:"X-Total"`
	Body  struct {
		Text string `json:"text"`
	}
}

// Handle answers with as many letters.
func (tagged) Handle(_ context.Context, in *taggedInput) (*taggedOutput, error) {
	out := &taggedOutput{Total: in.N}
	out.Body.Text = strings.Repeat("a", in.N)
	return out, nil
}

// open is an endpoint for everybody's pages.
type open struct{}

// Handle does nothing.
func (open) Handle(context.Context, *struct{}) (*struct{}, error) { return nil, nil }
