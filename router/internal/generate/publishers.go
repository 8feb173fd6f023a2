package generate

import (
	"go/ast"
	"go/types"
	"strings"
)

// hasEvents reports whether f has to be read from source for what it says of
// events. It looks at the words alone.
func (f *folder) hasEvents() bool {
	return !strings.HasSuffix(f.dir, "test") && (f.publishes() || f.namesEvents())
}

// publishes reports whether f calls something that is called Publish.
func (f *folder) publishes() bool {
	found := false
	for _, file := range f.files {
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			found = found || ok && s.Sel.Name == "Publish"
			return !found
		})
	}
	return found
}

// namesEvents reports whether f has a method EventName.
func (f *folder) namesEvents() bool {
	for _, file := range f.files {
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Recv != nil && d.Name.Name == "EventName" {
				return true
			}
		}
	}
	return false
}

// publisher returns what f is called as one that publishes: a function by its
// name, a service by its folder.
func (f *folder) publisher() string {
	switch {
	case f.owner != nil:
		return f.owner.name()
	case top(f.dir) == "functions":
		return f.name()
	}
	dir, _, _ := strings.Cut(f.dir, "/internal/")
	return dir
}

// publishers notes the events that f publishes.
func (b *eventBook) publishers(f *folder) {
	if f.info.Selections == nil {
		return
	}
	for _, file := range f.files {
		for _, decl := range file.Decls {
			ast.Inspect(decl, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && b.isPublish(f, call) {
					b.published(f, decl, call)
				}
				return true
			})
		}
	}
}

// isPublish reports whether call calls the method Publish of events.Bus.
func (b *eventBook) isPublish(f *folder, call *ast.CallExpr) bool {
	fun, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || fun.Sel.Name != "Publish" || f.info.Selections[fun] == nil {
		return false
	}
	m, ok := f.info.Selections[fun].Obj().(*types.Func)
	if !ok || m.Signature().Recv() == nil {
		return false
	}
	recv := pointee(m.Signature().Recv().Type())
	return recv != nil && isNamed(recv, b.contract("shared/events"), "Bus") && len(call.Args) >= 2
}

// published notes the types of what call, within decl, publishes. What is known
// only as an events.Event may be any event that decl has to do with.
func (b *eventBook) published(f *folder, decl ast.Decl, call *ast.CallExpr) {
	for _, arg := range call.Args[2:] {
		t := f.info.Types[arg].Type
		if t == nil || isInvalid(t) {
			continue
		}
		if !call.Ellipsis.IsValid() && !types.IsInterface(t) {
			b.publish(f, t, arg)
			continue
		}
		known := false
		ast.Inspect(decl, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			if v := f.info.Types[e]; v.Type != nil && v.IsValue() && b.isEvent(v.Type) {
				b.publish(f, v.Type, e)
				known = true
			}
			return true
		})
		if !known {
			b.warn(b.at(arg.Pos()), "which events are published here cannot be seen, since they are a %s: "+
				"call Publish where their types are known", show(t, f.pkg))
		}
	}
}

// isEvent reports whether t, which is no interface, has the method of an event.
func (b *eventBook) isEvent(t types.Type) bool {
	named, ok := deref(t).(*types.Named)
	return ok && !types.IsInterface(named) && (b.byType[key(named)] != nil || b.unnamed[key(named)])
}

// publish notes that f publishes events of the type t.
func (b *eventBook) publish(f *folder, t types.Type, at ast.Expr) {
	t = deref(t)
	switch e := b.byType[key(t)]; {
	case e != nil:
		e.publishers[f.publisher()] = true
	case !b.unnamed[key(t)]:
		b.warn(b.at(at.Pos()), "the name of the event %s cannot be found, so that it is not known who listens: %s",
			show(t, f.pkg), wantEventName)
	}
}
