package binding

import (
	"fmt"
	"go/types"
	"math"
	"slices"
	"strings"
)

// readFunction writes the function that reads a request.
func (r *renderer) readFunction(e *endpoint) {
	request := "r"
	if len(e.params) == 0 && e.body == nil {
		request = "_"
	}
	in := "in"
	if request == "_" {
		in = "_"
	}
	r.function("read(%s *%s.Request, %s *%s) bool", request, r.bind, in, r.Type(e.input))
	for i := range e.params {
		r.readParam(&e.params[i])
	}
	if e.body == nil {
		r.line("return true")
		r.line("}")
		return
	}
	r.line("d := r.Body()")
	r.refuse("d == nil")
	r.readValue("in.Body", e.body)
	r.line("return d.End()")
	r.line("}")
}

// readValue writes what reads v into target, in a block of its own.
func (r *renderer) readValue(target string, v *value) {
	if v.null {
		r.line("if !d.Null() {")
		defer r.line("}")
	}
	switch v.kind {
	case list:
		r.readList(target, v)
	case dict:
		r.readDict(target, v)
	case structure:
		r.readObject("&"+target, v.object)
	case pointer:
		r.readPointer(target, v.elem)
	default:
		r.readScalar(target, v)
	}
}

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

func (r *renderer) readPointer(target string, v *value) {
	switch {
	case v.kind == textKind && len(v.enum) > 0 && len(r.broken(v)) == 0:
		r.readChoice(v, func(one string) string { return fmt.Sprintf("%s = new(%s(%s))", target, r.Type(v.typ), one) })
	case v.kind != structure:
		r.line("%s, ok := d.%s", v.variable(), r.token(v))
		r.refuse(append([]string{"!ok"}, r.broken(v)...)...)
		r.refuseOthers(v)
		r.line("%s = new(%s)", target, r.converted(v))
	case v.object.named:
		r.line("%s = new(%s)", target, r.Type(v.typ))
		r.readObject(target, v.object)
	default:
		r.readObject(fmt.Sprintf("%s.New(&%s)", r.bind, target), v.object)
	}
}

func (r *renderer) readList(target string, v *value) {
	item := itemOf(target)
	r.refuse("!d.Array()")
	r.line("%s = %s.Empty(%s)", target, r.bind, target)
	r.line("for d.More() {")
	if v.elem.kind == structure {
		r.line("%s := %s.Grow(&%s)", item, r.bind, target)
		r.readObject(item, v.elem.object)
	} else {
		r.line("var %s %s", item, r.Type(v.elem.typ))
		r.readValue(item, v.elem)
		r.line("%s = append(%s, %s)", target, target, item)
	}
	r.line("}")
	r.refuse(append([]string{"!d.EndArray()"}, r.brokenList(target, v)...)...)
}

// itemOf returns what an item of the list or dict target is called: item, itemItem.
func itemOf(target string) string {
	if strings.HasPrefix(target, "item") {
		return target + "Item"
	}
	return "item"
}

// brokenList returns the conditions under which a list is against the rules.
func (r *renderer) brokenList(target string, v *value) (conditions []string) {
	if v.minItems != nil && *v.minItems > 0 {
		conditions = append(conditions, fmt.Sprintf("len(%s) < %d", target, *v.minItems))
	}
	if v.maxItems != nil {
		conditions = append(conditions, fmt.Sprintf("len(%s) > %d", target, *v.maxItems))
	}
	if v.unique {
		conditions = append(conditions, fmt.Sprintf("!%s.Unique(%s)", r.bind, target))
	}
	return conditions
}

func (r *renderer) readDict(target string, v *value) {
	r.refuse("!d.Object()")
	r.line("%s = %s{}", target, r.Type(v.typ))
	r.line("for d.More() {")
	r.line("key, ok := d.Key()")
	of := "key"
	if key := v.typ.Underlying().(*types.Map).Key(); types.Unalias(key) != types.Typ[types.String] {
		of = fmt.Sprintf("%s(key)", r.Type(key))
	}
	r.line("if _, twice := %s[%s]; !ok || twice {", target, of)
	r.line("return false")
	r.line("}")
	item := itemOf(target)
	r.line("var %s %s", item, r.Type(v.elem.typ))
	r.readValue(item, v.elem)
	r.line("%s[%s] = %s", target, of, item)
	r.line("}")
	conditions := []string{"!d.EndObject()"}
	if v.minProperties != nil && *v.minProperties > 0 {
		conditions = append(conditions, fmt.Sprintf("len(%s) < %d", target, *v.minProperties))
	}
	if v.maxProperties != nil {
		conditions = append(conditions, fmt.Sprintf("len(%s) > %d", target, *v.maxProperties))
	}
	r.refuse(conditions...)
}

// readObject writes what reads o into what at points to: by a function, if that can name
// its type.
func (r *renderer) readObject(at string, o *object) {
	if o.named {
		r.refuse(fmt.Sprintf("!%s(d, %s)", r.reader(o), at))
		return
	}
	if len(o.fields) > 0 {
		r.line("v := %s", at)
	}
	r.readMembers(o)
}

// readMembers writes what reads the members of o into v.
func (r *renderer) readMembers(o *object) {
	if len(o.fields) == 0 {
		r.refuse("!d.Object()", "d.More()", "!d.EndObject()")
		return
	}
	r.line("var seen uint64")
	r.refuse("!d.Object()")
	r.line("for d.More() {")
	r.line("switch string(d.Name()) {")
	var required uint64
	for i := range o.fields {
		f := &o.fields[i]
		bit := uint64(1) << i
		if f.required {
			required |= bit
		}
		r.line("case %q:", f.name)
		r.refuse(fmt.Sprintf("seen&%#x != 0", bit))
		r.line("seen |= %#x", bit)
		r.readValue("v."+f.path, f.value)
	}
	r.line("default:")
	r.line("return false")
	r.line("}")
	r.line("}")
	conditions := []string{"!d.EndObject()"}
	if required != 0 {
		conditions = append(conditions, fmt.Sprintf("seen&%#x != %#x", required, required))
	}
	r.refuse(conditions...)
	r.readNeeds(o)
	for i := range o.fields {
		r.fill(&o.fields[i], uint64(1)<<i)
	}
}

// readNeeds writes what refuses fields without those that they depend on.
func (r *renderer) readNeeds(o *object) {
	for i := range o.fields {
		var needed uint64
		for _, name := range o.fields[i].needs {
			j := slices.IndexFunc(o.fields, func(f field) bool { return f.name == name })
			needed |= uint64(1) << j
		}
		if needed != 0 {
			r.refuse(fmt.Sprintf("seen&%#x != 0 && seen&%#x != %#x", uint64(1)<<i, needed, needed))
		}
	}
}

// fill writes what sets the defaults of f, of which this is the bit, if it was not sent.
func (r *renderer) fill(f *field, bit uint64) {
	if f.required || f.fallback == "" && (f.value.kind != structure || !f.value.object.fills()) {
		return
	}
	r.line("if seen&%#x == 0 {", bit)
	r.set("v."+f.path, f)
	r.line("}")
}

// set writes what sets the defaults of f, which was not sent, and of what is in it.
func (r *renderer) set(target string, f *field) {
	if f.fallback != "" {
		r.line("%s = %s", target, f.fallback)
		return
	}
	if f.value.kind != structure {
		return
	}
	for i := range f.value.object.fields {
		inner := &f.value.object.fields[i]
		r.set(target+"."+inner.path, inner)
	}
}

// fills reports whether there are defaults in o, or in a struct that it holds.
func (o *object) fills() bool {
	return slices.ContainsFunc(o.fields, func(f field) bool {
		return f.fallback != "" || f.value.kind == structure && f.value.object.fills()
	})
}

// exact reports whether integers can be held against n as they are. Larger ones are by their
// nearest float64, as JSON Schema has all numbers.
func (v *value) exact(n float64) bool {
	const last = 1 << 53
	return math.Trunc(n) == n && math.Abs(n) < last && (v.kind != natural || n >= 0)
}
