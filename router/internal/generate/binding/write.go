package binding

import (
	"fmt"
	"strings"
)

// writeFunction writes the function that writes an answer.
func (r *renderer) writeFunction(e *endpoint) {
	w, out := "w", "out"
	if e.answer == nil && !e.status && len(e.headers) == 0 {
		w = "_"
	}
	if w == "_" {
		out = "_"
	}
	r.function("write(%s *%s.Writer, %s *%s)", w, r.bind, out, r.Type(e.output))
	for _, h := range e.headers {
		r.writeHeader(h)
	}
	if e.status {
		r.line("w.Status(out.Status)")
	}
	switch {
	case e.answer == nil:
	case e.answer.kind == binary:
		r.line("w.Bytes(out.Body)")
	default:
		r.line("b := w.Buffer()")
		r.depth = "0"
		r.writeValue("out.Body", e.answer)
		r.line("w.JSON(b)")
	}
	r.line("}")
}

func (r *renderer) writeHeader(h header) {
	target := "out." + h.path
	if h.value.kind != list {
		r.line("w.SetHeader(%q, %s)", h.name, r.headerText(target, h.value))
		return
	}
	r.line("for i := range %s {", target)
	r.line("w.AddHeader(%q, %s)", h.name, r.headerText(target+"[i]", h.value.elem))
	r.line("}")
}

// headerText returns x as a header has it.
func (r *renderer) headerText(x string, v *value) string {
	switch v.kind {
	case textKind:
		return as(x, v, "string")
	case truth:
		return fmt.Sprintf("%s.FormatBool(%s)", r.Use("strconv", "strconv"), as(x, v, "bool"))
	case integer:
		return fmt.Sprintf("%s.FormatInt(%s, 10)", r.Use("strconv", "strconv"), as(x, v, "int64"))
	default:
		return fmt.Sprintf("%s.FormatUint(%s, 10)", r.Use("strconv", "strconv"), as(x, v, "uint64"))
	}
}

// as returns x, which is of the type of v, as one of the type want.
func as(x string, v *value, want string) string {
	if v.typ.String() == want {
		return x
	}
	return fmt.Sprintf("%s(%s)", want, x)
}

// writeValue writes what appends x.
func (r *renderer) writeValue(x string, v *value) {
	switch v.kind {
	case list, dict, pointer:
		r.line("if %s == nil {", x)
		r.put("null")
		r.line("} else {")
		r.writePresent(x, v)
		r.line("}")
	default:
		r.writePresent(x, v)
	}
}

// writePresent writes what appends x, which is not nil.
func (r *renderer) writePresent(x string, v *value) {
	switch v.kind {
	case list:
		r.writeList(x, v)
	case dict:
		r.writeDict(x, v)
	case pointer:
		if v.elem.kind == structure {
			r.writeObject(x, v.elem.object)
		} else {
			r.writePresent("*"+x, v.elem)
		}
	case structure:
		r.writeObject("&"+x, v.object)
	default:
		r.line("b = %s", r.appended(x, v))
	}
}

// appended returns the call that appends x, which is one token.
func (r *renderer) appended(x string, v *value) string {
	switch v.kind {
	case textKind:
		return fmt.Sprintf("%s.AppendString(b, %s)", r.bind, as(x, v, "string"))
	case truth:
		return fmt.Sprintf("%s.AppendBool(b, %s)", r.Use("strconv", "strconv"), as(x, v, "bool"))
	case integer:
		return fmt.Sprintf("%s.AppendInt(b, %s, 10)", r.Use("strconv", "strconv"), as(x, v, "int64"))
	case natural:
		return fmt.Sprintf("%s.AppendUint(b, %s, 10)", r.Use("strconv", "strconv"), as(x, v, "uint64"))
	case decimal:
		return fmt.Sprintf("%s.AppendFloat(b, %s, %d)", r.bind, as(x, v, "float64"), v.bits)
	case id:
		return fmt.Sprintf("%s.AppendUUID(b, %s)", r.bind, x)
	case moment:
		return fmt.Sprintf("%s.AppendTime(b, %s)", r.bind, x)
	case raw:
		return fmt.Sprintf("%s.AppendMarshaler(b, %s)", r.bind, x)
	default:
		return fmt.Sprintf("%s.AppendBytes(b, %s)", r.bind, x)
	}
}

func (r *renderer) writeList(x string, v *value) {
	r.put("[")
	r.line("for i := range %s {", x)
	r.line("if i > 0 {")
	r.put(",")
	r.line("}")
	if strings.HasPrefix(x, "*") {
		x = "(" + x + ")"
	}
	r.line("item := &%s[i]", x)
	if v.elem.kind == structure {
		r.writeObject("item", v.elem.object)
	} else {
		r.writeValue("*item", v.elem)
	}
	r.line("}")
	r.put("]")
}

func (r *renderer) writeDict(x string, v *value) {
	r.put("{")
	r.line("for i, key := range %s.Keys(%s) {", r.bind, x)
	r.line("if i > 0 {")
	r.put(",")
	r.line("}")
	r.line("b = %s.AppendString(b, string(key))", r.bind)
	r.put(":")
	if strings.HasPrefix(x, "*") {
		x = "(" + x + ")"
	}
	r.line("item := %s[key]", x)
	r.writeValue("item", v.elem)
	r.line("}")
	r.put("}")
}

// writeObject writes what appends o, to which at points: by a function, if that can name
// its type.
func (r *renderer) writeObject(at string, o *object) {
	switch {
	case o.named && o.deep:
		r.line("b = %s(b, %s, %s)", r.writer(o), at, r.depth)
	case o.named:
		r.line("b = %s(b, %s)", r.writer(o), at)
	case len(o.fields) == 0:
		r.put("{}")
	default:
		r.line("{")
		r.line("v := %s", at)
		r.writeMembers(o)
		r.line("}")
	}
}

// writeMembers writes what appends v, which is an o.
func (r *renderer) writeMembers(o *object) {
	if len(o.fields) == 0 {
		r.put("{}")
		return
	}
	first := o.fields[0]
	open := first.present("v."+first.path) != "" // it may be empty
	if open {
		r.line("start := len(b)")
	}
	for i, f := range o.fields {
		begin := ","
		if i == 0 && !open {
			begin = "{"
		}
		r.writeMember(begin, &f)
	}
	if open { // each member has begun with a comma
		r.line("if len(b) == start {")
		r.put("{")
		r.line("} else {")
		r.line("b[start] = '{'")
		r.line("}")
	}
	r.put("}")
}

func (r *renderer) writeMember(begin string, f *field) {
	x := "v." + f.path
	begin += `"` + f.name + `":`
	condition := f.present(x)
	if condition != "" {
		r.line("if %s {", condition)
	}
	r.put(begin)
	switch {
	case f.quoted:
		r.put(`"`)
		r.writePresent(x, f.value)
		r.put(`"`)
	case condition != "":
		r.writePresent(x, f.value)
	default:
		r.writeValue(x, f.value)
	}
	if condition != "" {
		r.line("}")
	}
}

// present returns the condition under which f is written; "" if it always is.
func (f *field) present(x string) string {
	empty := f.omit == omitEmpty
	switch k := f.value.kind; {
	case f.omit == "":
		return ""
	case k == textKind:
		return x + ` != ""`
	case k == truth:
		return x
	case k == integer || k == natural || k == decimal:
		return x + " != 0"
	case k == pointer:
		return x + " != nil"
	case k == list || k == dict || k == binary || k == raw:
		if empty {
			return "len(" + x + ") != 0"
		}
		return x + " != nil"
	case k == moment && !empty:
		return "!" + x + ".IsZero()"
	case k == id && !empty:
		return x + " != [16]byte{}"
	}
	return ""
}
