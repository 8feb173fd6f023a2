package ui

import (
	"errors"
	"maps"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"switchyard/internal/storable"
	"switchyard/internal/visible"
	"switchyard/shared/auth"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// Form is one form of a page: what its fields hold, and what was wrong with what
// was sent with it.
type Form struct {
	Name    string     // tells it from the other forms of the page
	Values  url.Values // by the names of its fields; passwords are never shown again
	Problem Problem    // zero if there is none
}

// Problem is why a form that was sent did not do what it should.
type Problem struct {
	Text   string   // what is wrong, and what to do next
	Link   Link     // where to do it, if that is elsewhere
	Fields []string // the names of the fields it is about, of those that the form has
	Status int      // of the answer; defaults to 400
	Retry  int      // after how many seconds to try again; 0 if it is not known
}

// Link is a way to another page.
type Link struct{ Href, Text string }

// Field is one line to be filled in.
type Field struct {
	Name, Label  string
	Type         string // of the input; defaults to text
	Autocomplete string // what a browser or password manager may fill in, by HTML's names
	InputMode    string // what keys a telephone offers; defaults to what Type asks for
	Hint         string // what to know before filling it in
	Min, Max     int    // characters; 0 for no bound
	Optional     bool
}

// Choice is one entry of a menu.
type Choice struct{ Value, Label string }

// id returns the id of a field, or of another part of the form.
func (f Form) id(part string) string { return f.Name + "-" + part }

// wrong reports whether the form's problem is about this field.
func (f Form) wrong(field string) bool {
	return f.Problem.Text != "" && slices.Contains(f.Problem.Fields, field)
}

// described returns the ids of what is said about a field: its hint, its problem.
func (f Form) described(field Field) string {
	var ids []string
	if f.wrong(field.Name) {
		ids = append(ids, f.id("problem"))
	}
	if field.Hint != "" {
		ids = append(ids, f.id(field.Name+"-hint"))
	}
	return strings.Join(ids, " ")
}

// value returns what the field shows at first.
func (f Form) value(field Field) string {
	if field.Type == "password" {
		return ""
	}
	return f.Values.Get(field.Name)
}

// called returns what to call a user, so that something is seen: an address always is.
func called(u auth.User) string {
	if !visible.Any(u.Name) {
		return u.Email
	}
	return u.Name
}

// Refuse shows the page p again, whose form has a problem. It answers with the problem's status.
func (k *Kit) Refuse(w http.ResponseWriter, r *http.Request, problem Problem, p Page) {
	p.Status = problem.Status
	if p.Status == 0 {
		p.Status = http.StatusBadRequest
	}
	problem.retry(w)
	k.Show(w, r, p)
}

// ProblemOf returns what a form can say of err, as [Kit.Fail] says it on a page of its own: its
// message for the public, the status, and when to try again, if that is known.
func ProblemOf(err error) Problem {
	f := fault.Of(err)
	p := Problem{Text: f.Message, Status: f.Kind.Status()}
	if again, ok := errors.AsType[*fault.RetryAfterError](err); ok {
		p.Retry = int(math.Ceil(again.After.Seconds()))
	}
	return p
}

// retry says in the header when to try again, if that is known.
func (p Problem) retry(w http.ResponseWriter) {
	if p.Retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.Retry))
	}
}

// ServeForm serves a page that has forms: show answers GET, and submit POST, with
// the form parsed. Other methods are refused, and bodies that are no such form.
func (k *Kit) ServeForm(w http.ResponseWriter, r *http.Request, show, submit http.HandlerFunc) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		show(w, r)
	case http.MethodPost:
		if !isForm(r) {
			k.refuseType(w, r)
			return
		}
		if err := r.ParseForm(); err != nil {
			k.Fail(w, r, unreadable(err))
			return
		}
		if err := unstorable(r.PostForm); err != nil {
			k.Fail(w, r, err)
			return
		}
		submit(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		const message = "This method is not allowed here; Allow names those that are."
		fn.Report(r.Context(), fault.New(fault.Invalid, message))
		k.Trouble(w, r, http.StatusMethodNotAllowed, message)
	}
}

const formType = "application/x-www-form-urlencoded"

// isForm reports whether r's body is a form, or empty.
func isForm(r *http.Request) bool {
	said := r.Header.Get("Content-Type")
	if said == "" {
		return r.ContentLength == 0
	}
	media, _, err := mime.ParseMediaType(said)
	return err == nil && media == formType
}

// refuseType says that r's body is of a type that no form of a page has.
func (k *Kit) refuseType(w http.ResponseWriter, r *http.Request) {
	const message = "This takes forms, as " + formType + "."
	fn.Report(r.Context(), fault.New(fault.Invalid, message))
	k.Trouble(w, r, http.StatusUnsupportedMediaType, message)
}

// unstorable returns the fault of a form with text that PostgreSQL cannot hold, and that
// would be something else on its way there; nil if there is none.
func unstorable(form url.Values) error {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, text := range append([]string{name}, form[name]...) {
			if !storable.Text(text) {
				return fault.New(fault.Invalid, "The field %q is not UTF-8, or has a zero byte.", name)
			}
		}
	}
	return nil
}

// unreadable returns the fault of a form that could not be parsed.
func unreadable(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.TooLarge, "This form is too large.").Because(err)
	}
	return fault.New(fault.Invalid, "This form could not be read. Go back and send it again.").Because(err)
}
