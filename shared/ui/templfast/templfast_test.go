package templfast_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/a-h/templ"

	"switchyard/shared/ui/templfast"
)

// loud is a text that says something else of itself.
type loud string

func (l loud) String() string { return string(l) + "!" }

// What is written is what templ writes.
func TestText(t *testing.T) {
	t.Parallel()
	broken, other := errors.New("broken"), errors.New("other")
	for _, c := range []struct {
		name      string
		got, want func() (string, error)
	}{
		{"text", pair(templfast.Text("<a & b>")), pair(templ.JoinStringErrs("<a & b>"))},
		{"nothing", pair(templfast.Text("")), pair(templ.JoinStringErrs(""))},
		{"text without error", pair(templfast.Text("a", nil)), pair(templ.JoinStringErrs("a", nil))},
		{"text with an error", pair(templfast.Text("a", broken)), pair(templ.JoinStringErrs("a", broken))},
		{"text with errors", pair(templfast.Text("a", broken, nil, other)), pair(templ.JoinStringErrs("a", broken, nil, other))},
		{"named text", pair(templfast.Text(loud("a"))), pair(templ.JoinStringErrs(loud("a")))},
		{"number", pair(templfast.Text(-7)), pair(templ.JoinStringErrs(-7))},
		{"number with a name", pair(templfast.Text(time.Minute)), pair(templ.JoinStringErrs(time.Minute))},
		{"fraction", pair(templfast.Text(1.5e9)), pair(templ.JoinStringErrs(1.5e9))},
		{"truth", pair(templfast.Text(true, broken)), pair(templ.JoinStringErrs(true, broken))},
	} {
		got, err := c.got()
		want, wantErr := c.want()
		if got != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("%s: got %q, %v; templ has %q, %v", c.name, got, err, want, wantErr)
		}
	}
}

func pair(text string, err error) func() (string, error) {
	return func() (string, error) { return text, err }
}

// Classes are those that templ has.
func TestClasses(t *testing.T) {
	t.Parallel()
	for _, classes := range [][]any{
		nil,
		{""},
		{"a"},
		{"a b  a"},
		{"a", "b", "a"},
		{loud("a")},
		{7},
		{templ.KV("a", false)},
		{"b", templ.KV("b", false), templ.CSSClasses{"c", "b"}},
		{map[string]bool{"a": true, "b": false}},
		{[]string{"a", "a"}},
	} {
		if got, want := templfast.Classes(classes), templ.CSSClasses(classes).String(); got != want {
			t.Errorf("%v: got %q, templ has %q", classes, got, want)
		}
	}
}

// A text costs nothing more.
func TestTextAllocates(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	text := time.Now().String()
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := templfast.Text(text); err != nil {
			t.Error(err)
		}
	})
	if allocs > 0 {
		t.Errorf("a text takes %v allocations", allocs)
	}
}
