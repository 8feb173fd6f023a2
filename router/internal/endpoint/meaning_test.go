package endpoint_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/endpoint"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// mirror answers with its input.
type mirror struct{}

type mirrorInput struct {
	Name   string      `path:"name"`
	IDs    []int64     `query:"ids" maxItems:"3"`
	Tags   []string    `query:"tags,explode"`
	Lim    int         `query:"lim" default:"5" minimum:"0"`
	Small  int8        `query:"small"`
	Word   string      `query:"word" default:"x" maxLength:"9"`
	Cents  float64     `query:"cents" multipleOf:"0.01"`
	Level  int         `query:"level" enum:"1,2,3"`
	Some   []uuid.UUID `query:"some"`
	Since  time.Time   `query:"since"`
	Exact  json.Number `query:"exact" json:",omitempty"`
	Trace  string      `header:"x-trace" default:"none" maxLength:"9"`
	Langs  []string    `header:"X-Langs"`
	Cookie string      `cookie:"taste" default:"sweet"`
	Body   *mirrorBody
}

type mirrorBody struct {
	Name  string            `json:"name,omitempty" minLength:"3"`
	N     int               `json:"n,omitempty" default:"5"`
	S     string            `json:"s,omitempty" default:"x"`
	On    bool              `json:"on,omitempty" default:"true"`
	List  []int             `json:"list,omitempty" default:"[1,2]"`
	Of    *int              `json:"of,omitempty" default:"7"`
	Level int               `json:"level,omitempty" enum:"1,2,3"`
	Cents float64           `json:"cents,omitempty" multipleOf:"0.01"`
	Small uint8             `json:"small,omitempty"`
	Sub   sub               `json:"sub,omitzero"`
	Subs  []sub             `json:"subs,omitempty"`
	Named map[string]sub    `json:"named,omitempty"`
	Any   any               `json:"any,omitempty"`
	Raw   json.RawMessage   `json:"raw,omitempty"`
	Texts map[string]string `json:"texts,omitempty"`
	Exact json.Number       `json:"exact,omitempty"`
	Order int64             `json:"order,string,omitempty" default:"616581622363398142"`
	Count *uint8            `json:"count,string,omitempty" enum:"1,2,300"`
	Share float64           `json:"share,string,omitempty"`
	Sure  bool              `json:"sure,string,omitempty"`
}

type sub struct {
	Role string `json:"role,omitempty" enum:"user,guest" default:"guest"`
	N    int    `json:"n,omitempty" default:"3"`
}

type mirrorOutput struct{ Body mirrorInput }

func (mirror) Handle(_ context.Context, in *mirrorInput) (*mirrorOutput, error) {
	return &mirrorOutput{*in}, nil
}

// reflect sends a request to mirror, and returns the status with the Input that it got,
// or with the issues.
func reflection(t *testing.T, target, body string, headers ...string) (int, mirrorInput, []fault.Issue) {
	t.Helper()
	h, err := endpoint.NewAPI("Shop", "1").Add("api/mirror", fn.Endpoint{Route: "POST /m/{name}"}, endpoint.New(mirror{}))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /m/{name}", h)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		var p answer.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		return w.Code, mirrorInput{}, p.Errors
	}
	var in mirrorInput
	if err := json.Unmarshal(w.Body.Bytes(), &in); err != nil {
		t.Fatal(err)
	}
	return w.Code, in, nil
}

// What is validated is what is decoded, and what a body says stands as it says it.
func TestBodiesMeanOneThing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body   string
		status int
		issue  fault.Issue // the only one
	}{
		"another spelling":          {`{"name":"abc","NAME":""}`, 422, fault.Issue{Message: "unexpected property", Location: "body.NAME"}},
		"another spelling alone":    {`{"Name":"abc"}`, 422, fault.Issue{Message: "unexpected property", Location: "body.Name"}},
		"twice, one good":           {`{"sub":{"role":"admin"},"sub":{}}`, 422, fault.Issue{Message: "is given more than once", Location: "body.sub"}},
		"twice, inside":             {`{"subs":[{},{"n":1,"n":1}]}`, 422, fault.Issue{Message: "is given more than once", Location: "body.subs[1].n"}},
		"twice, in anything":        {`{"any":[{"a":1,"a":1}]}`, 422, fault.Issue{Message: "is given more than once", Location: "body.any[0].a"}},
		"twice, in raw":             {`{"raw":{"a":1,"a":1}}`, 422, fault.Issue{Message: "is given more than once", Location: "body.raw.a"}},
		"twice, in a map":           {`{"texts":{"a":"1","a":"1"}}`, 422, fault.Issue{Message: "is given more than once", Location: "body.texts.a"}},
		"twice, unknown":            {`{"other":1,"other":1}`, 422, fault.Issue{Message: "is given more than once", Location: "body.other"}},
		"not UTF-8":                 {"{\"name\":\"ab\xff\"}", 400, fault.Issue{Message: "is not UTF-8", Location: "body.name"}},
		"half a surrogate pair":     {`{"name":"ab\ud800"}`, 400, fault.Issue{Message: "is not UTF-8", Location: "body.name"}},
		"an exact number":           {`{"exact":616581622363398142.5}`, 200, fault.Issue{}},
		"an exact number as text":   {`{"exact":"1"}`, 422, fault.Issue{Message: "expected number", Location: "body.exact"}},
		"texts with values":         {`{"order":"-616581622363398142","count":"2","share":"-0.5e3","sure":"true"}`, 200, fault.Issue{}},
		"no integer in a text":      {`{"order":"1.5"}`, 422, fault.Issue{Message: "expected string to be an integer", Location: "body.order"}},
		"a bare integer":            {`{"order":1}`, 422, fault.Issue{Message: "expected string", Location: "body.order"}},
		"a bare number":             {`{"share":1}`, 422, fault.Issue{Message: "expected string", Location: "body.share"}},
		"a bare truth":              {`{"sure":true}`, 422, fault.Issue{Message: "expected string", Location: "body.sure"}},
		"another text of an enum":   {`{"count":"3"}`, 422, fault.Issue{Message: `expected value to be one of "1, 2, 300"`, Location: "body.count"}},
		"too large in a text":       {`{"count":"300"}`, 422, fault.Issue{Message: "expected an integer from 0 to 255", Location: "body.count"}},
		"an integer with decimals":  {`{"n":1.0}`, 200, fault.Issue{}},
		"an integer with exponent":  {`{"n":1e2}`, 200, fault.Issue{}},
		"no integer":                {`{"n":1.5}`, 422, fault.Issue{Message: "expected integer", Location: "body.n"}},
		"does not fit":              {`{"subs":[{"n":1}],"small":300}`, 422, fault.Issue{Message: "expected an integer from 0 to 255", Location: "body.small"}},
		"does not fit, inside":      {`{"subs":[{"n":1},{"n":1e30}]}`, 422, fault.Issue{Message: "expected an integer from -9223372036854775808 to 9223372036854775807", Location: "body.subs[1].n"}},
		"a multiple":                {`{"cents":0.07}`, 200, fault.Issue{}},
		"a large multiple":          {`{"cents":1070468.14}`, 200, fault.Issue{}},
		"no multiple":               {`{"cents":0.075}`, 422, fault.Issue{Message: "expected number to be a multiple of 0.01", Location: "body.cents"}},
		"one of these numbers":      {`{"level":2}`, 200, fault.Issue{}},
		"none of these numbers":     {`{"level":4}`, 422, fault.Issue{Message: `expected value to be one of "1, 2, 3"`, Location: "body.level"}},
		"a name that PostgreSQL...": {`{"texts":{"\u0000":""}}`, 422, fault.Issue{Message: "unexpected zero byte", Location: "body.texts"}},
	} {
		status, _, issues := reflection(t, "/m/x", tt.body)
		var want []fault.Issue
		if tt.issue != (fault.Issue{}) {
			want = []fault.Issue{tt.issue}
		}
		if diff := cmp.Diff(want, issues); status != tt.status || diff != "" {
			t.Errorf("%s: %d, want %d (-want +got)\n%s", name, status, tt.status, diff)
		}
	}
}

// What a text has in it, and an exact number, keep every digit, and the document says
// what they are in JSON.
func TestExactNumbers(t *testing.T) {
	t.Parallel()
	const order, exact = 616581622363398143, "616581622363398143.5"
	status, in, issues := reflection(t, "/m/x", `{"exact":`+exact+`,"order":"`+strconv.Itoa(order)+`","count":"2","share":"-0.5e3","sure":"true"}`)
	if b := in.Body; status != http.StatusOK || b.Exact != exact || b.Order != order || *b.Count != 2 || b.Share != -500 || !b.Sure {
		t.Errorf("%d %v: got %+v", status, issues, b)
	}
	api := endpoint.NewAPI("Shop", "1")
	if _, err := api.Add("api/mirror", fn.Endpoint{Route: "POST /m/{name}"}, endpoint.New(mirror{})); err != nil {
		t.Fatal(err)
	}
	text, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"exact":{"type":"number"}`,
		`"order":{"default":"616581622363398142","pattern":"^-?[0-9]+$","patternDescription":"an integer","type":"string"}`,
		`"count":{"enum":["1","2","300"],"pattern":"^[0-9]+$","patternDescription":"an integer of 0 or more","type":"string"}`,
		`"sure":{"pattern":"^(true|false)$","patternDescription":"true or false","type":"string"}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the document has no %s:\n%s", want, text)
		}
	}
}

// A default takes the place of what was not given, and of nothing else.
func TestDefaults(t *testing.T) {
	t.Parallel()
	const order = 616581622363398142
	zero, seven := 0, 7
	guest := sub{"guest", 3}
	for body, want := range map[string]mirrorBody{
		`{}`: {N: 5, S: "x", On: true, List: []int{1, 2}, Of: &seven, Sub: guest, Order: order},
		`{"n":0,"s":"","on":false,"list":[],"of":0,"sub":{"n":0}}`: {Of: &zero, Sub: sub{"guest", 0}, Order: order},
		`{"n":null,"sub":{"role":"user"},"subs":[{},{"n":0},{"n":4}],"named":{"a":{},"b":{"n":0}}}`: {
			N: 5, S: "x", On: true, List: []int{1, 2}, Of: &seven, Sub: sub{"user", 3}, Order: order,
			Subs: []sub{guest, {"guest", 0}, {"guest", 4}}, Named: map[string]sub{"a": guest, "b": {"guest", 0}},
		},
	} {
		status, in, issues := reflection(t, "/m/x", body)
		if status != http.StatusOK {
			t.Errorf("%s: %d %v", body, status, issues)
			continue
		}
		if len(want.List) == 0 { // the answer leaves it out
			in.Body.List = nil
		}
		if diff := cmp.Diff(&want, in.Body); diff != "" {
			t.Errorf("%s (-want +got)\n%s", body, diff)
		}
	}
}

// Two requests do not share what a default is made of.
func TestDefaultsAreNotShared(t *testing.T) {
	t.Parallel()
	h, err := endpoint.NewAPI("Shop", "1").Add("api/change", fn.Endpoint{Route: "POST /"}, endpoint.New(change{}))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}")))
		if got := strings.TrimSpace(w.Body.String()); got != `[2,2]` {
			t.Errorf("got %s, want [2,2]", got)
		}
	}
}

type change struct{}

func (change) Handle(_ context.Context, in *struct {
	Body struct {
		List []int `json:"list,omitempty" default:"[1,2]"`
	}
},
) (*struct{ Body []int }, error) {
	in.Body.List[0]++
	return &struct{ Body []int }{in.Body.List}, nil
}

type exact struct{}

func (exact) Handle(_ context.Context, in *struct {
	Body struct {
		Big int64 `json:"big,omitempty" default:"9007199254740993"`
	}
},
) (*struct{ Body int64 }, error) {
	return &struct{ Body int64 }{in.Body.Big}, nil
}

type tight struct{}

func (tight) Handle(context.Context, *struct {
	Body struct {
		Small int8 `json:"small,omitempty" default:"300"`
	}
},
) (*struct{}, error) {
	return &struct{}{}, nil
}

// A default is what its tag says, and not what fits of it.
func TestDefaultsAreExact(t *testing.T) {
	t.Parallel()
	h, err := endpoint.NewAPI("Shop", "1").Add("api/exact", fn.Endpoint{Route: "POST /"}, endpoint.New(exact{}))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}")))
	if got := strings.TrimSpace(w.Body.String()); got != "9007199254740993" {
		t.Errorf("got %s", got)
	}
	if _, err := endpoint.NewAPI("Shop", "1").Add("api/tight", fn.Endpoint{Route: "POST /"}, endpoint.New(tight{})); err == nil {
		t.Error("300 passes for an int8")
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b")
	base := mirrorInput{Name: "x", Lim: 5, Word: "x", Trace: "none", Cookie: "sweet"}
	with := func(f func(*mirrorInput)) mirrorInput {
		in := base
		f(&in)
		return in
	}
	for name, tt := range map[string]struct {
		query   string
		headers []string
		want    mirrorInput
	}{
		"none":                      {"", nil, base},
		"a list by commas":          {"ids=1,2", nil, with(func(in *mirrorInput) { in.IDs = []int64{1, 2} })},
		"a list by repetition":      {"ids=1&ids=2", nil, with(func(in *mirrorInput) { in.IDs = []int64{1, 2} })},
		"a list by both":            {"ids=1,2&ids=3", nil, with(func(in *mirrorInput) { in.IDs = []int64{1, 2, 3} })},
		"texts with commas":         {"tags=a,b&tags=", nil, with(func(in *mirrorInput) { in.Tags = []string{"a,b", ""} })},
		"an empty list":             {"ids=&tags=", nil, with(func(in *mirrorInput) { in.Tags = []string{} })},
		"zero":                      {"lim=0", nil, with(func(in *mirrorInput) { in.Lim = 0 })},
		"a whole number":            {"lim=1.0&ids=1e2,-20e-1", nil, with(func(in *mirrorInput) { in.Lim, in.IDs = 1, []int64{100, -2} })},
		"an empty text":             {"word=", nil, with(func(in *mirrorInput) { in.Word = "" })},
		"an empty number":           {"lim=", nil, base},
		"a multiple":                {"cents=0.07", nil, with(func(in *mirrorInput) { in.Cents = 0.07 })},
		"an exact number":           {"exact=616581622363398143.5", nil, with(func(in *mirrorInput) { in.Exact = "616581622363398143.5" })},
		"one of these":              {"level=2", nil, with(func(in *mirrorInput) { in.Level = 2 })},
		"ids":                       {"some=" + id.String(), nil, with(func(in *mirrorInput) { in.Some = []uuid.UUID{id} })},
		"a time":                    {"since=2026-11-28T10:00:00Z", nil, with(func(in *mirrorInput) { in.Since = time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC) })},
		"a semicolon":               {"word=a;b=c", nil, with(func(in *mirrorInput) { in.Word = "a;b=c" })},
		"escapes":                   {"w%6Frd=a+%26b", nil, with(func(in *mirrorInput) { in.Word = "a &b" })},
		"an empty header":           {"", []string{"X-Trace: "}, with(func(in *mirrorInput) { in.Trace = "" })},
		"a header twice":            {"", []string{"X-Trace: a", "X-Trace: b"}, with(func(in *mirrorInput) { in.Trace = "a,b" })},
		"a list in a header":        {"", []string{"X-Langs: a, b", "X-Langs: c"}, with(func(in *mirrorInput) { in.Langs = []string{"a", "b", "c"} })},
		"the cookie that is nearer": {"", []string{"Cookie: taste=sour; taste=bitter"}, with(func(in *mirrorInput) { in.Cookie = "sour" })},
	} {
		status, in, issues := reflection(t, "/m/x?"+tt.query, "", tt.headers...)
		if diff := cmp.Diff(tt.want, in); status != http.StatusOK || diff != "" {
			t.Errorf("%s: %d %v (-want +got)\n%s", name, status, issues, diff)
		}
	}
}

func TestParametersOutOfRange(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"300": "expected an integer from -128 to 127", "1e9999": "expected an integer from -128 to 127",
		"1.5": "expected an integer from -128 to 127", "x": "invalid integer", "1e": "invalid integer",
	} {
		status, _, issues := reflection(t, "/m/x?small="+value, "")
		if status != http.StatusUnprocessableEntity || len(issues) != 1 || issues[0].Message != want {
			t.Errorf("%s: %d %v, want 422 with %s", value, status, issues, want)
		}
	}
}

func TestParametersRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		target, header string
		at             string
	}{
		"one value twice":            {"/m/x?lim=3&lim=4", "", "query.lim"},
		"the same value twice":       {"/m/x?lim=3&lim=3", "", "query.lim"},
		"no JSON number":             {"/m/x?exact=0x1", "", "query.exact"},
		"too many items":             {"/m/x?ids=1&ids=2&ids=3&ids=4", "", "query.ids"},
		"no integer in a list":       {"/m/x?ids=1&ids=x", "", "query.ids"},
		"a range of the field":       {"/m/x?small=300", "", "query.small"},
		"no multiple":                {"/m/x?cents=0.075", "", "query.cents"},
		"no number":                  {"/m/x?cents=NaN", "", "query.cents"},
		"endless":                    {"/m/x?cents=Inf", "", "query.cents"},
		"none of these":              {"/m/x?level=7", "", "query.level"},
		"another spelling":           {"/m/x?Lim=3", "", "query.Lim"},
		"a zero byte in the path":    {"/m/%00", "", "path.name"},
		"no UTF-8 in the path":       {"/m/%FF", "", "path.name"},
		"a zero byte in the query":   {"/m/x?word=%00", "", "query.word"},
		"no UTF-8 in the query":      {"/m/x?word=%FF", "", "query.word"},
		"no UTF-8 in a list":         {"/m/x?tags=a&tags=%FF", "", "query.tags"},
		"no UTF-8 in a header":       {"/m/x", "X-Trace: \xff", "header.x-trace"},
		"too long a header":          {"/m/x", "X-Trace: 0123456789", "header.x-trace"},
		"no UTF-8 in a cookie":       {"/m/x", "Cookie: taste=\xff", ""}, // net/http drops it
		"an id of another form":      {"/m/x?some=secret", "", "query.some"},
		"a time that is none":        {"/m/x?since=2026-02-31T10:00:00Z", "", "query.since"},
		"too long an optional value": {"/m/x?word=0123456789", "", "query.word"},
	} {
		var headers []string
		if tt.header != "" {
			headers = []string{tt.header}
		}
		status, _, issues := reflection(t, tt.target, "", headers...)
		if tt.at == "" {
			continue
		}
		if status != http.StatusUnprocessableEntity || len(issues) != 1 || issues[0].Location != tt.at || strings.Contains(issues[0].Message, "secret") {
			t.Errorf("%s: %d %v, want 422 at %s", name, status, issues, tt.at)
		}
	}
}

// However much is wrong, little of it is told.
func TestFewIssues(t *testing.T) {
	t.Parallel()
	query := "?" + strings.Repeat("k", 5000) + "=1"
	for i := range 3500 {
		query += "&k" + strconv.Itoa(i) + "=1"
	}
	for _, body := range []string{"", `{"list":[` + strings.Repeat(`"",`, 3500) + `""]}`} {
		_, _, issues := reflection(t, "/m/x"+query, body)
		size := 0
		for _, i := range issues {
			size += len(i.Location) + len(i.Message)
		}
		if len(issues) != answer.MaxIssues || size > 8<<10 {
			t.Errorf("%d issues of %d bytes", len(issues), size)
		}
	}
}
