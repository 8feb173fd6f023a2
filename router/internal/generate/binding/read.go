package binding

import (
	"fmt"
	"go/types"
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
