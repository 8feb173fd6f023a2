package render

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/router/internal/generate/binding"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/gofile"
	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/wiring"
)

// renderFunctions writes what returns the functions.
func (r *renderer) renderFunctions() {
	if len(r.Functions) <= whole {
		r.printf("return ")
		r.renderList(r.Functions)
		r.printf("\n")
		return
	}
	r.printf("return %s.Concat(\n", r.Use("slices", "slices"))
	for _, functions := range chapters(r.Functions) {
		r.printf("%s,\n", r.renderChapter(functions))
	}
	r.printf(")\n")
}

func (r *renderer) renderList(functions []wiring.Wired) {
	r.printf("[]%s.Function{\n", r.wire())
	for _, f := range functions {
		r.renderFunction(f)
	}
	r.printf("}")
}

func (r *renderer) renderFunction(f wiring.Wired) {
	pkg := r.UseAs(f.ImportPath(), gofile.Camel(f.Name()), "Function")
	head := []string{fmt.Sprintf("Name: %q", f.Name()), fmt.Sprintf("Spec: %s.Spec", pkg)}
	var fields, needs []string
	for _, n := range f.Needs {
		name := r.vars[n.Key()]
		if n.Field != "" {
			fields = append(fields, n.Field+": "+name+".Value")
		}
		if !slices.Contains(needs, name) {
			needs = append(needs, name)
		}
	}
	if len(needs) > 0 {
		head = append(head, fmt.Sprintf("Needs: []%s.Need{%s}", r.wire(), strings.Join(needs, ", ")))
	}
	if f.Admits != nil {
		head = append(head, "Admits: "+r.vars[gotype.Key(f.Admits.Provides)])
	}
	if f.Limits != nil {
		head = append(head, "Limits: "+r.vars[gotype.Key(f.Limits.Provides)])
	}
	bind := r.binder(f)
	value := fmt.Sprintf(bind, fmt.Sprintf("&%s.Function{%s}", pkg, strings.Join(fields, ", ")))
	if len(value) > maxLine && len(fields) > 0 {
		value = fmt.Sprintf(bind, fmt.Sprintf("&%s.Function{\n%s,\n}", pkg, strings.Join(fields, ",\n")))
	}
	if f.Reflected != "" {
		head = append(head, fmt.Sprintf("Reflected: %q", f.Reflected))
	}
	const begin = "Bind: func() any {"
	if line := "{" + strings.Join(head, ", ") + ", " + begin; len(line) <= maxLine {
		r.printf("%s\nreturn %s\n}},\n", line, value)
		return
	}
	r.printf("{\n%s,\n%s\nreturn %s\n},\n},\n", strings.Join(head, ",\n"), begin, value)
}

// binder returns the expression that binds f, with %s for what builds it.
func (r *renderer) binder(f wiring.Wired) string {
	switch {
	case f.Binding != nil:
		name := r.UseAs(binding.Path(r.module, f.Function), gofile.Camel(f.Name())+"Binding", "")
		return name + ".Bind(%s)"
	case f.Kind == function.Job:
		return r.wire() + ".Job(%s)"
	case f.Kind == function.Schedule:
		return r.wire() + ".Schedule(%s)"
	}
	return "%s" // a page is its own handler
}
