package ijson

import (
	"bytes"
	"encoding"
	stdjson "encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// anyNumber lets integers be written with a fraction or an exponent, and fills an
// encoding/json.Number, which is no number to the module's decoder before Go 1.27. It
// asks for each value, which takes its time: it is for texts that did not fit without.
var anyNumber = json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, v any) error { //nolint:gochecknoglobals // a constant, as far as Go can say it
	target := reflect.ValueOf(v).Elem()
	exact, isNumber := v.(*stdjson.Number)
	if dec.PeekKind() != jsontext.KindNumber || (!isNumber && !isInteger(target)) {
		return errors.ErrUnsupported
	}
	number, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if isNumber {
		*exact = stdjson.Number(number)
		return nil
	}
	return json.Unmarshal(whole(number), v, strict)
}))

// isInteger reports whether v is an integer that its type does not decode itself.
func isInteger(v reflect.Value) bool {
	if !v.CanInt() && !v.CanUint() {
		return false
	}
	switch v.Addr().Interface().(type) {
	case stdjson.Unmarshaler, encoding.TextUnmarshaler, json.UnmarshalerFrom:
		return false
	}
	return true
}

// Whole returns the number of a parameter. It writes an integer such as 1.0 or 1e2 without its
// fraction or exponent, and leaves any other text as it is.
func Whole(text string) string {
	if number := jsontext.Value(text); strings.ContainsAny(text, ".eE") && number.IsValid() && number.Kind() == jsontext.KindNumber {
		return string(whole(number))
	}
	return text
}

// maxDigits is more than any integer has.
const maxDigits = 40

// whole returns a JSON number without fraction and exponent, if it is an integer that is
// not far too large, and else as it is.
func whole(number []byte) []byte {
	digits, exponent, scientific := bytes.Cut(bytes.ToLower(number), []byte("e"))
	before, after, _ := strings.Cut(string(digits), ".")
	sign := ""
	if rest, negative := strings.CutPrefix(before, "-"); negative {
		sign, before = "-", rest
	}
	all := strings.TrimLeft(before+after, "0")
	significant := strings.TrimRight(all, "0")
	if significant == "" {
		return []byte("0")
	}
	power, err := strconv.Atoi(string(exponent))
	zeros := len(all) - len(significant) + power - len(after)
	switch {
	case scientific && err != nil:
		return number
	case zeros < 0 || len(significant)+zeros > maxDigits:
		return number
	}
	return []byte(sign + significant + strings.Repeat("0", zeros))
}
