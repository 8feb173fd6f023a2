package binding

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"switchyard/shared/ijson"
)

// allows reports whether the default of a parameter, whose text this is, follows the rules. The
// binding by reflection holds it against them as what is sent. A default with a format is left to it.
func (v *value) allows(text string) bool {
	switch v.kind {
	case list:
		return v.allowsItems(strings.Split(text, ","))
	case textKind:
		return v.allowsText(text)
	case integer, natural, decimal:
		n, err := strconv.ParseFloat(ijson.Whole(text), 64)
		return err == nil && v.allowsNumber(n)
	default:
		return !v.limits()
	}
}

func (v *value) allowsItems(items []string) bool {
	unequal := slices.Compact(slices.Sorted(slices.Values(items)))
	return (v.minItems == nil || len(items) >= *v.minItems) && (v.maxItems == nil || len(items) <= *v.maxItems) &&
		(!v.unique || len(unequal) == len(items)) &&
		!slices.ContainsFunc(items, func(item string) bool { return !v.elem.allows(item) })
}

func (v *value) allowsText(text string) bool {
	length := utf8.RuneCountInString(text)
	if v.pattern != "" {
		if pattern, err := regexp.Compile(v.pattern); err != nil || !pattern.MatchString(text) {
			return false
		}
	}
	return v.format == "" && (v.minLength == nil || length >= *v.minLength) && (v.maxLength == nil || length <= *v.maxLength) &&
		(len(v.enum) == 0 || slices.Contains(v.enum, strconv.Quote(text)))
}

func (v *value) allowsNumber(n float64) bool {
	return (v.minimum == nil || n >= *v.minimum) && (v.exclusiveMinimum == nil || n > *v.exclusiveMinimum) &&
		(v.maximum == nil || n <= *v.maximum) && (v.exclusiveMaximum == nil || n < *v.exclusiveMaximum) &&
		(len(v.enum) == 0 || slices.Contains(v.enum, number(n)))
}
