package binding

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// readScalar writes what reads a value that is one token.
func (r *renderer) readScalar(target string, v *value) {
	if v.kind == textKind && len(v.enum) > 0 && len(r.broken(v)) == 0 {
		r.readChoice(v, func(one string) string { return target + " = " + one })
		return
	}
	r.line("%s, ok := d.%s", v.variable(), r.token(v))
	r.assign(target, v)
}

// readChoice writes what reads one of a few texts, for which no memory is needed.
func (r *renderer) readChoice(v *value, assign func(one string) string) {
	r.line("s, ok := d.Text()")
	r.refuse("!ok")
	r.line("switch string(s) {")
	for _, one := range v.enum {
		r.line("case %s:", one)
		r.line("%s", assign(one))
	}
	r.line("default:")
	r.line("return false")
	r.line("}")
}

// variable returns what a value of v is called while it is looked at.
func (v *value) variable() string {
	switch v.kind {
	case textKind:
		return "s"
	case integer, natural, decimal:
		return "n"
	default:
		return "x"
	}
}

// token returns the call of the decoder that reads v.
func (r *renderer) token(v *value) string {
	switch v.kind {
	case textKind:
		return "String()"
	case truth:
		return "Bool()"
	case integer:
		return fmt.Sprintf("Int(%s)", r.size(v))
	case natural:
		return fmt.Sprintf("Uint(%s)", r.size(v))
	case decimal:
		return fmt.Sprintf("Float(%d)", v.bits)
	case id:
		return "UUID()"
	case moment:
		return "Time()"
	case raw:
		return "Raw()"
	default:
		return "Bytes()"
	}
}

// size returns how many bits v has, in Go.
func (r *renderer) size(v *value) string {
	if v.bits == 0 {
		return r.Use("strconv", "strconv") + ".IntSize"
	}
	return fmt.Sprint(v.bits)
}

// assign writes what holds a scalar against its rules, of which ok says whether it was read,
// and assigns it.
func (r *renderer) assign(target string, v *value) {
	r.refuse(append([]string{"!ok"}, r.broken(v)...)...)
	r.refuseOthers(v)
	r.line("%s = %s", target, r.converted(v))
}

// refuseOthers writes what refuses values that are not in the enum of v.
func (r *renderer) refuseOthers(v *value) {
	if len(v.enum) == 0 {
		return
	}
	r.line("switch %s {", v.variable())
	r.line("case %s:", strings.Join(v.enum, ", "))
	r.line("default:")
	r.line("return false")
	r.line("}")
}

// converted returns the scalar as a value of the type of v.
func (r *renderer) converted(v *value) string {
	x := v.variable()
	if !v.named && (v.bits == 64 || v.bits == 0 && v.kind != integer && v.kind != natural) {
		return x
	}
	return fmt.Sprintf("%s(%s)", r.Type(v.typ), x)
}

// broken returns the conditions under which a scalar is against the rules.
func (r *renderer) broken(v *value) (conditions []string) {
	x := v.variable()
	for _, rule := range []struct {
		bound *float64
		op    string
	}{{v.minimum, "<"}, {v.exclusiveMinimum, "<="}, {v.maximum, ">"}, {v.exclusiveMaximum, ">="}} {
		switch {
		case rule.bound == nil, v.kind == natural && rule.op == "<" && *rule.bound <= 0: // which they all are
		case v.kind != decimal && !v.exact(*rule.bound):
			conditions = append(conditions, fmt.Sprintf("float64(%s) %s %s", x, rule.op, number(*rule.bound)))
		default:
			conditions = append(conditions, fmt.Sprintf("%s %s %s", x, rule.op, number(*rule.bound)))
		}
	}
	if v.multipleOf != nil {
		n := x
		if v.kind != decimal {
			n = "float64(n)"
		}
		conditions = append(conditions, fmt.Sprintf("!%s.MultipleOf(%s, %s)", r.bind, n, number(*v.multipleOf)))
	}
	if v.minLength != nil && *v.minLength > 0 {
		conditions = append(conditions, fmt.Sprintf("!%s.MinLength(s, %d)", r.bind, *v.minLength))
	}
	if v.maxLength != nil {
		conditions = append(conditions, fmt.Sprintf("!%s.MaxLength(s, %d)", r.bind, *v.maxLength))
	}
	if v.pattern != "" {
		conditions = append(conditions, fmt.Sprintf("!%s.Match(s)", r.pattern(v.pattern)))
	}
	if v.format != "" {
		conditions = append(conditions, fmt.Sprintf("!%s.Format(%q, s)", r.bind, v.format))
	}
	return conditions
}

// pattern returns the variable of a regular expression.
func (r *renderer) pattern(source string) string {
	i := slices.Index(r.patterns, source)
	if i < 0 {
		i = len(r.patterns)
		r.patterns = append(r.patterns, source)
	}
	return fmt.Sprintf("pattern%d", i+1)
}

// exact reports whether integers can be held against n as they are. Larger ones are by their
// nearest float64, as JSON Schema has all numbers.
func (v *value) exact(n float64) bool {
	const last = 1 << 53
	return math.Trunc(n) == n && math.Abs(n) < last && (v.kind != natural || n >= 0)
}
