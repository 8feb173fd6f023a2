// Package rules checks values against the JSON Schema of Go types, which huma makes from their
// tags. Endpoints and package inbound, which takes events from outside, use it, so that a rule means the
// same at both.
package rules

import (
	"errors"
	"math/big"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// letterForLetter makes huma tell names apart by case, as they are decoded. It can be
// told only through a variable of its package; the Once keeps a later call from writing
// what others read.
var letterForLetter = sync.OnceFunc(func() { huma.ValidateStrictCasing = true }) //nolint:gochecknoglobals // guards huma's own

// Validate adds to result what is wrong with value, which stands at path. value is what package
// ijson decodes into an any.
func Validate(registry huma.Registry, schema *huma.Schema, path *huma.PathBuffer, value any, result *huma.ValidateResult) {
	letterForLetter()
	before := len(result.Errors)
	validate(registry, schema, path, value, result)
	if len(result.Errors) > before {
		found := slices.DeleteFunc(result.Errors[before:], isMultiple)
		result.Errors = result.Errors[:before+len(found)]
	}
}

// validate is huma.Validate, which panics where the items of a list have to be unique and
// one of them is a list or an object (huma v2.37.2, handleArray). The path then leads to
// the list.
func validate(registry huma.Registry, schema *huma.Schema, path *huma.PathBuffer, value any, result *huma.ValidateResult) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case runtime.Error:
			if !strings.Contains(v.Error(), "unhashable") {
				panic(v)
			}
			result.Add(path, value, "has items of the wrong type")
		default:
			panic(v)
		}
	}()
	huma.Validate(registry, schema, path, huma.ModeWriteToServer, value, result)
}

// isMultiple reports whether err is huma's complaint of a number that is a multiple after
// all: huma divides binary fractions, by which 0.07 is none of 0.01
// (https://github.com/danielgtaylor/huma/issues/988).
func isMultiple(err error) bool {
	detail, ok := errors.AsType[*huma.ErrorDetail](err)
	if !ok {
		return false
	}
	of, ok := strings.CutPrefix(detail.Message, "expected number to be a multiple of ")
	if !ok {
		return false
	}
	divisor, err := strconv.ParseFloat(of, 64)
	n, isNumber := detail.Value.(float64)
	return err == nil && isNumber && divisor != 0 && new(big.Rat).Quo(decimal(n), decimal(divisor)).IsInt()
}

// decimal returns the shortest decimal number that stands for f, exactly.
func decimal(f float64) *big.Rat {
	d, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	return d
}
