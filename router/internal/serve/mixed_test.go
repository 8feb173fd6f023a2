package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/auth"
	"switchyard/shared/fn"
)

// all is an input of which a request may leave out nearly everything.
type all struct {
	ID    string   `path:"id"`
	Word  string   `query:"word"`
	Limit int      `query:"limit" default:"20"`
	IDs   []int64  `query:"ids"`
	Tags  []string `query:"tags,explode" default:"new"`
	Trace string   `header:"X-Trace"`
	Langs []string `header:"X-Langs"`
	Taste string   `cookie:"taste" default:"sweet"`
	Body  *allBody
}

type allBody struct {
	Name  string            `json:"name,omitempty"`
	Of    *int              `json:"of,omitempty"`
	Seven *int              `json:"seven,omitempty" default:"7"`
	List  []int             `json:"list,omitempty" default:"[1,2]"`
	Subs  []allSub          `json:"subs,omitempty"`
	Texts map[string]string `json:"texts,omitempty"`
	Sub   *allSub           `json:"sub,omitempty"`
	Any   any               `json:"any,omitempty"`
	Raw   json.RawMessage   `json:"raw,omitempty"`
}

type allSub struct {
	A string  `json:"a,omitempty"`
	B *string `json:"b,omitempty"`
}

// seen is what a function sees of a call.
type seen struct {
	Input     string // as JSON
	User      string
	RequestID string
}

// mixer answers with what it sees, and then changes all of it that others could share.
type mixer struct{}

func (mixer) Handle(ctx context.Context, in *all) (*struct{ Body seen }, error) {
	text, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body seen }{seen{string(text), auth.UserFrom(ctx).ID, answer.RequestID(ctx)}}
	clear(in.IDs)
	clear(in.Tags)
	clear(in.Langs)
	if b := in.Body; b != nil {
		clear(b.List)
		clear(b.Subs)
		clear(b.Raw)
		for k := range b.Texts {
			b.Texts[k] = "somebody else's"
		}
		for _, n := range []*int{b.Of, b.Seven} {
			if n != nil {
				*n = -1
			}
		}
	}
	return out, nil
}

// mixedRequest is one of an endpoint that takes all, and what its function is to see.
type mixedRequest struct {
	*http.Request

	want seen
}

// newRequest returns a request with some of what there can be, at random, each with a value
// that no other request has.
func newRequest(ctx context.Context, t *testing.T, at string, n int) mixedRequest {
	t.Helper()
	own := func(what string) string { return fmt.Sprintf("%s-of-%d", what, n) }
	some := func() bool { return rand.IntN(2) == 0 }
	in := all{ID: own("id"), Limit: 20, Tags: []string{"new"}, Taste: "sweet"}
	query, header := url.Values{}, http.Header{"X-Who": {own("user")}, "X-Request-Id": {own("request")}}
	set := func(field *string, with func(name, value string), name string) {
		if some() {
			*field = own(name)
			with(name, *field)
		}
	}
	set(&in.Word, query.Set, "word")
	set(&in.Trace, header.Set, "X-Trace")
	set(&in.Taste, func(name, value string) { header.Set("Cookie", name+"="+value) }, "taste")
	if some() {
		in.Limit = n
		query.Set("limit", fmt.Sprint(n))
	}
	if some() {
		in.IDs = []int64{int64(n), int64(-n)}
		query.Set("ids", fmt.Sprintf("%d,%d", n, -n))
	}
	if some() {
		in.Tags = []string{own("tag")}
		query["tags"] = in.Tags
	}
	if some() {
		in.Langs = []string{own("lang"), own("tongue")}
		header.Set("X-Langs", strings.Join(in.Langs, ","))
	}
	var body io.Reader
	if some() {
		given := newBody(n, own, some)
		text, err := json.Marshal(given)
		if err != nil {
			t.Error(err)
		}
		body = bytes.NewReader(text)
		header.Set("Content-Type", "application/json")
		if given.Seven == nil {
			given.Seven = new(7)
		}
		if given.List == nil {
			given.List = []int{1, 2}
		}
		in.Body = given
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at+"/"+in.ID+"?"+query.Encode(), body)
	if err != nil {
		t.Error(err)
	}
	r.Header = header
	text, err := json.Marshal(in)
	if err != nil {
		t.Error(err)
	}
	return mixedRequest{r, seen{string(text), own("user"), own("request")}}
}

func newBody(n int, own func(string) string, some func() bool) *allBody {
	b := &allBody{}
	for _, change := range []func(){
		func() { b.Name = own("name") },
		func() { b.Of = new(n) },
		func() { b.Seven = new(-n) },
		func() { b.List = []int{n, n + 1, n + 2} },
		func() { b.Subs = []allSub{{}, {A: own("a")}, {B: new(own("b"))}} },
		func() { b.Texts = map[string]string{own("key"): own("text")} },
		func() { b.Sub = &allSub{B: new(own("sub"))} },
		func() { b.Any = []any{own("any"), map[string]any{"x": own("x")}} },
		func() { b.Raw = json.RawMessage(`{"raw":"` + own("raw") + `"}`) },
	} {
		if some() {
			change()
		}
	}
	return b
}

// TestNothingOfOthers sends requests with and without optional parts from many clients at
// once: none sees what another one has sent, or what a function has made of it.
func TestNothingOfOthers(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: []function.Function{
		typed("api/all", fn.Endpoint{Route: "POST /all/{id}"}, endpoint.New(mixer{})),
	}})
	const clients, each = 16, 60
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				r := newRequest(t.Context(), t, host.url+"/all", 1+c*each+i)
				res, err := client.Do(r.Request)
				if err != nil {
					t.Error(err)
					return
				}
				var got seen
				err = json.NewDecoder(res.Body).Decode(&got)
				_ = res.Body.Close()
				if diff := cmp.Diff(r.want, got); err != nil || diff != "" {
					t.Errorf("%d, %v, %s", res.StatusCode, err, diff)
				}
			}
		})
	}
	wg.Wait()
}
