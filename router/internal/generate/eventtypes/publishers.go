package eventtypes

import (
	"go/ast"
	"go/types"

	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/source"
)

// publishers notes the events that f publishes.
func (b *eventBook) publishers(f *source.Folder) {
	if f.Info.Selections == nil {
		return
	}
	for _, file := range f.Files {
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
func (b *eventBook) isPublish(f *source.Folder, call *ast.CallExpr) bool {
	fun, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || fun.Sel.Name != "Publish" || f.Info.Selections[fun] == nil {
		return false
	}
	m, ok := f.Info.Selections[fun].Obj().(*types.Func)
	if !ok || m.Signature().Recv() == nil {
		return false
	}
	recv := gotype.Pointee(m.Signature().Recv().Type())
	return recv != nil && gotype.IsNamed(recv, b.Contract("shared/events"), "Bus") && len(call.Args) >= 2
}

// published notes the types of what call, within decl, publishes. What is known
// only as an events.Event may be any event that decl has to do with.
func (b *eventBook) published(f *source.Folder, decl ast.Decl, call *ast.CallExpr) {
	for _, arg := range call.Args[2:] {
		arg = b.heldBack(f, arg)
		t := f.Info.Types[arg].Type
		if t == nil || gotype.IsInvalid(t) {
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
			if v := f.Info.Types[e]; v.Type != nil && v.IsValue() && b.isEvent(v.Type) {
				b.publish(f, v.Type, e)
				known = true
			}
			return true
		})
		if !known {
			b.Warn(b.At(arg.Pos()), "which events are published here cannot be seen, since they are a %s: "+
				"call Publish where their types are known", gotype.Show(t, f.Pkg))
		}
	}
}

// heldBack returns the event that arg holds back, by events.At, or arg itself.
func (b *eventBook) heldBack(f *source.Folder, arg ast.Expr) ast.Expr {
	call, ok := ast.Unparen(arg).(*ast.CallExpr)
	if !ok {
		return arg
	}
	fun, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || len(call.Args) != 2 {
		return arg
	}
	at, ok := f.Info.Uses[fun.Sel].(*types.Func)
	if !ok || at.FullName() != b.Contract("shared/events")+".At" {
		return arg
	}
	return b.heldBack(f, call.Args[1])
}

// isEvent reports whether t, which is no interface, has the method of an event.
func (b *eventBook) isEvent(t types.Type) bool {
	named, ok := gotype.Deref(t).(*types.Named)
	return ok && !types.IsInterface(named) && (b.byType[gotype.Key(named)] != nil || b.unnamed[gotype.Key(named)])
}

// publish notes that f publishes events of the type t.
func (b *eventBook) publish(f *source.Folder, t types.Type, at ast.Expr) {
	t = gotype.Deref(t)
	switch e := b.byType[gotype.Key(t)]; {
	case e != nil:
		e.Publishers[f.Publisher()] = true
	case !b.unnamed[gotype.Key(t)]:
		b.Warn(b.At(at.Pos()), "the name of the event %s cannot be found, so that it is not known who listens: %s",
			gotype.Show(t, f.Pkg), wantEventName)
	}
}
