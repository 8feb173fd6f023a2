package binding

import "fmt"

// readParam writes what reads a parameter.
func (r *renderer) readParam(p *param) {
	if p.value.kind == list {
		r.readParamList(p)
		return
	}
	target, v := "in."+p.path, p.value
	given := "ok"
	if v.kind != textKind {
		given = `ok && s != ""`
	}
	name := map[string]string{"query": "QueryValue", "header": "Header", "cookie": "Cookie"}[p.in]
	if p.in == "path" {
		r.line("if s := r.PathValue(%q); s != \"\" {", p.name)
	} else {
		r.line("if s, ok := r.%s(%q); %s {", name, p.name, given)
	}
	if v.kind == textKind {
		if p.required && p.in != "path" {
			r.refuse(append([]string{`s == ""`}, r.broken(v)...)...)
		} else {
			r.refuse(r.broken(v)...)
		}
		r.refuseOthers(v)
		r.line("%s = %s", target, r.converted(v))
	} else {
		r.parse(p, v)
		r.assign(target, v)
	}
	r.endParam(target, p)
}

// endParam ends the block for a parameter that was sent, and writes what is done if it was not.
func (r *renderer) endParam(target string, p *param) {
	switch {
	case p.fallback != "":
		r.line("} else {")
		r.line("%s = %s", target, p.fallback)
	case p.required:
		r.line("} else {")
		r.line("return false")
	}
	r.line("}")
}

// parse writes what reads the text s.
func (r *renderer) parse(p *param, v *value) {
	var call string
	switch v.kind {
	case truth:
		call = "ParseBool(s)"
	case integer:
		call = fmt.Sprintf("ParseInt(s, %s)", r.size(v))
	case natural:
		call = fmt.Sprintf("ParseUint(s, %s)", r.size(v))
	case decimal:
		call = fmt.Sprintf("ParseFloat(s, %d)", v.bits)
	case id:
		call = "ParseUUID(s)"
	default:
		call = fmt.Sprintf("ParseTime(%s, s)", r.layout(p))
	}
	r.line("%s, ok := %s.%s", v.variable(), r.bind, call)
}

// layout returns how a time is written in p.
func (r *renderer) layout(p *param) string {
	if p.in == "header" {
		return r.Use("net/http", "http") + ".TimeFormat"
	}
	return r.Use("time", "time") + ".RFC3339Nano"
}

// readParamList writes what reads a list of the query or a header.
func (r *renderer) readParamList(p *param) {
	target, v := "in."+p.path, p.value
	call := fmt.Sprintf("HeaderList(%q)", p.name)
	if p.in == "query" {
		call = fmt.Sprintf("QueryList(%q, %t)", p.name, p.exploded)
	}
	given := "ok"
	if v.elem.kind != textKind {
		given = "ok && len(items) > 0"
	}
	r.line("if items, ok := r.%s; %s {", call, given)
	if p.required && v.elem.kind == textKind {
		r.refuse("len(items) == 0")
	}
	r.readItems(target, p)
	r.refuse(r.brokenList(target, v)...)
	r.endParam(target, p)
}

// readItems writes what reads the items of a list.
func (r *renderer) readItems(target string, p *param) {
	v := p.value.elem
	if v.kind == textKind && !v.named && !v.limits() {
		r.line("%s = items", target)
		return
	}
	r.line("%s = %s.Empty(%s)", target, r.bind, target)
	r.line("for _, s := range items {")
	var failed []string
	if v.kind != textKind {
		r.parse(p, v)
		failed = []string{"!ok"}
	}
	r.refuse(append(failed, r.broken(v)...)...)
	r.refuseOthers(v)
	r.line("%s = append(%s, %s)", target, target, r.converted(v))
	r.line("}")
}
