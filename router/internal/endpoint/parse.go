package endpoint

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"switchyard/shared/ijson"
)

// parser sets field to what text says, and returns that as a schema has it, as JSON is
// decoded into an any. Its error is for the caller.
type parser func(field reflect.Value, text string) (any, error)

// parserOf returns the parser of fields of the type t. Times are written as layout says.
func parserOf(t reflect.Type, layout string) (parser, error) {
	switch v := reflect.Zero(t); {
	case t == reflect.TypeFor[json.Number]():
		return parseNumber, nil
	case t.Kind() == reflect.String:
		return parseString, nil
	case v.CanInt():
		return parseInt, nil
	case v.CanUint():
		return parseUint, nil
	case v.CanFloat():
		return parseFloat, nil
	case t.Kind() == reflect.Bool:
		return parseBool, nil
	case t.Kind() == reflect.Pointer:
		return nil, errors.New("a parameter cannot be a pointer")
	case t == reflect.TypeFor[time.Time]():
		return timeParser(layout), nil
	case t == reflect.TypeFor[url.URL]():
		return parseURL, nil
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return parseText, nil
	}
	return nil, fmt.Errorf("a parameter cannot be a %s", t)
}

func parseString(field reflect.Value, text string) (any, error) {
	field.SetString(text)
	return text, nil
}

func parseInt(field reflect.Value, text string) (any, error) {
	n, err := strconv.ParseInt(ijson.Whole(text), 10, field.Type().Bits())
	if err != nil {
		return nil, notInteger(text, field.Type())
	}
	field.SetInt(n)
	return float64(n), nil
}

func parseUint(field reflect.Value, text string) (any, error) {
	n, err := strconv.ParseUint(ijson.Whole(text), 10, field.Type().Bits())
	if err != nil {
		return nil, notInteger(text, field.Type())
	}
	field.SetUint(n)
	return float64(n), nil
}

// notInteger says why text is no integer of the type t.
func notInteger(text string, t reflect.Type) error {
	if _, err := strconv.ParseFloat(text, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return errors.New(ijson.Range(t))
	}
	return errors.New("invalid integer")
}

func parseFloat(field reflect.Value, text string) (any, error) {
	n, err := strconv.ParseFloat(text, field.Type().Bits())
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) { // of which no rule would say that it is out of range
		return nil, errors.New("invalid float")
	}
	field.SetFloat(n)
	return n, nil
}

func parseNumber(field reflect.Value, text string) (any, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !json.Valid([]byte(text)) { // as 0x1 and Inf are not
		return nil, errors.New("invalid number")
	}
	field.SetString(text)
	return n, nil
}

func parseBool(field reflect.Value, text string) (any, error) {
	b, err := strconv.ParseBool(text)
	if err != nil {
		return nil, errors.New("invalid boolean")
	}
	field.SetBool(b)
	return b, nil
}

func timeParser(layout string) parser {
	return func(field reflect.Value, text string) (any, error) {
		t, err := time.Parse(layout, text)
		if err != nil {
			return nil, errors.New("invalid date/time for format " + layout)
		}
		field.Set(reflect.ValueOf(t))
		return text, nil
	}
}

func parseURL(field reflect.Value, text string) (any, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("invalid url.URL value")
	}
	field.Set(reflect.ValueOf(*u))
	return text, nil
}

func parseText(field reflect.Value, text string) (any, error) {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](field.Addr()); ok && u.UnmarshalText([]byte(text)) != nil {
		return nil, errors.New("invalid value") // what the type says may quote it
	}
	return text, nil
}
