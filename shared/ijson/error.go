package ijson

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"switchyard/shared/fault"
)

// Kind says what is wrong with a text.
type Kind int

// The kinds.
const (
	Malformed Kind = iota // it is no JSON, or not UTF-8
	Repeated              // a name stands twice in one object
	Misfit                // it is not what its type wants
)

// Error says what is wrong with a text, and where.
type Error struct {
	Kind Kind
	// Path names the place: "items[3].name"; "" for the whole text.
	Path string
	// Message says what is wrong, for the sender. It quotes no more of the text than a
	// character.
	Message string
	// Err is the error of the decoder. It may quote more of the text.
	Err error
}

// Error returns the path and the message.
func (e *Error) Error() string { return e.At("JSON") + ": " + e.Message }

// Unwrap returns the error of the decoder.
func (e *Error) Unwrap() error { return e.Err }

// At returns the place of e in a text that stands at the location base: "body.items[3]".
func (e *Error) At(base string) string {
	if e.Path == "" || e.Path[0] == '[' {
		return base + e.Path
	}
	return base + "." + e.Path
}

// Fault returns e as an error for the sender of the text, which stands at the location base. what
// is its public message: "This is no Standard Webhook." The error of a text that is malformed
// as a whole has no issues, and so is answered 400; any other one 422.
func (e *Error) Fault(base, what string) *fault.Error {
	if e.Kind == Malformed {
		return fault.New(fault.Invalid, "%s %s: %s.", what, e.At(base), e.Message).Because(e)
	}
	return fault.New(fault.Invalid, "%s", what).In(fault.Issue{Location: e.At(base), Message: e.Message}).Because(e)
}

// explain returns the Error for one of package json that came of data.
func explain(data []byte, err error) *Error {
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		e := &Error{Malformed, path(data, syntax.JSONPointer, syntax.ByteOffset), syntaxMessage(syntax.Err), err}
		if errors.Is(err, jsontext.ErrDuplicateName) {
			e.Kind, e.Message = Repeated, "is given more than once"
		}
		return e
	}
	if mismatch, ok := errors.AsType[*json.SemanticError](err); ok {
		return &Error{Misfit, path(data, mismatch.JSONPointer, mismatch.ByteOffset), misfitMessage(mismatch), err}
	}
	return &Error{Malformed, "", syntaxMessage(err), err}
}

func syntaxMessage(err error) string {
	const character = "invalid character "
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "unexpected end of JSON input"
	case strings.HasPrefix(err.Error(), character):
		return err.Error()
	case strings.Contains(err.Error(), "UTF-8"), strings.Contains(err.Error(), "surrogate"):
		return "is not UTF-8"
	}
	return "is not valid JSON"
}

// misfitMessage says which numbers an integer may be, and of other types nothing: what
// a type's own decoder says may quote the text.
func misfitMessage(e *json.SemanticError) string {
	if e.GoType == nil {
		return "does not have the expected form"
	}
	t := e.GoType
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	quoted := e.JSONKind == jsontext.KindString && t.PkgPath() == "" // by the option string of a tag
	if e.JSONKind != jsontext.KindNumber && !quoted {
		return "does not have the expected form"
	}
	if wanted := Range(t); wanted != "" {
		return wanted
	}
	if reflect.Zero(t).CanFloat() && !quoted {
		return "is too large a number"
	}
	return "does not have the expected form"
}

// Range says which integers the type t holds: "expected an integer from 0 to 255". It is
// "" if t is no integer.
func Range(t reflect.Type) string {
	switch v := reflect.Zero(t); {
	case v.CanInt():
		most := int64(1)<<(t.Bits()-1) - 1
		return fmt.Sprintf("expected an integer from %d to %d", -most-1, most)
	case v.CanUint():
		return fmt.Sprintf("expected an integer from 0 to %d", ^uint64(0)>>(64-t.Bits()))
	}
	return ""
}

// path returns where pointer, which belongs to the offset, leads in data: a pointer does
// not tell the third item from a field called 3.
func path(data []byte, pointer jsontext.Pointer, offset int64) string {
	dec := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for dec.InputOffset() < offset {
		if _, err := dec.ReadToken(); err != nil {
			break
		}
	}
	var b strings.Builder
	level := 0
	for token := range pointer.Tokens() {
		level++
		if inArray(dec, level, token) {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(strings.ToValidUTF8(token, "\ufffd"))
	}
	return b.String()
}

func inArray(dec *jsontext.Decoder, level int, token string) bool {
	if level <= dec.StackDepth() {
		kind, _ := dec.StackIndex(level)
		return kind == jsontext.KindBeginArray
	}
	_, err := strconv.Atoi(token)
	return err == nil
}
