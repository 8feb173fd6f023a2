package binding

import (
	"fmt"
	"slices"
)

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
