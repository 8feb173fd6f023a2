package lint

import (
	"go/ast"
	"go/constant"
	"go/types"
	"os"
	"path"
	"strings"

	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/source"
)

// ban is a rule that the use of a name may break.
type ban struct {
	rule
	when func(c *checker, at place) bool // nil: always
}

// table returns the bans by the names of what they are about: with the import path, methods
// with their type, and fields with *, of whatever type they are.
func table() map[string]ban {
	all := map[string]ban{}
	add := func(b ban, names string) {
		for name := range strings.FieldsSeq(names) {
			all[name] = b
		}
	}
	add(ban{rule: goRule}, `time.AfterFunc context.AfterFunc sync.WaitGroup.Go
		golang.org/x/sync/errgroup.Group.Go golang.org/x/sync/errgroup.Group.TryGo`)
	add(ban{rule: exitRule}, `os.Exit log.Fatal log.Fatalf log.Fatalln log.Logger.Fatal log.Logger.Fatalf
		log.Logger.Fatalln runtime.Goexit syscall.Exit syscall.Kill golang.org/x/sys/unix.Exit golang.org/x/sys/unix.Kill`)
	add(ban{rule: signalRule}, "os/signal.Ignore os/signal.Notify os/signal.NotifyContext os/signal.Reset os/signal.Stop")
	add(ban{rule: processRule}, `os.Chdir os.Clearenv os.Setenv os.Unsetenv runtime.GOMAXPROCS syscall.Setrlimit
		runtime/debug.SetGCPercent runtime/debug.SetMaxStack runtime/debug.SetMaxThreads runtime/debug.SetMemoryLimit
		runtime/debug.SetPanicOnFault log/slog.SetDefault log.SetFlags log.SetOutput log.SetPrefix
		net/http.Handle net/http.HandleFunc`)
	add(ban{rule: clientRule}, `net/http.DefaultClient net/http.Get net/http.Head net/http.Post net/http.PostForm
		net/http.NewRequest net/http.Client.Get net/http.Client.Head net/http.Client.Post net/http.Client.PostForm`)
	add(ban{sleepRule, withContext}, "time.Sleep")
	add(ban{backgroundRule, inCall}, "context.Background context.TODO context.WithoutCancel")
	add(ban{fileRule, stays}, `os.Create os.Link os.Mkdir os.MkdirAll os.OpenFile os.Rename os.Symlink os.WriteFile
		io/ioutil.WriteFile os.Root.Create os.Root.Mkdir os.Root.MkdirAll os.Root.OpenFile os.Root.WriteFile`)
	add(ban{rule: addressRule}, "net/http.*.RemoteAddr")
	add(ban{cronRule, withoutContext}, "time.NewTicker time.Tick")
	return all
}

// name refuses the use of a name that a rule bans.
func (c *checker) name(id *ast.Ident, at place) {
	obj := c.folder.Info.Uses[id]
	if obj == nil || obj.Pkg() == nil || obj.Pkg().Path() == c.folder.Path {
		return
	}
	name := nameOf(obj)
	b, banned := c.names[name]
	if !banned || b.when != nil && !b.when(c, at) {
		return
	}
	what := path.Base(name)
	if v, ok := obj.(*types.Var); ok && v.IsField() {
		what = "the field " + v.Name()
	}
	c.refuse(id, b.rule, what)
}

// nameOf returns the name by which the table knows obj.
func nameOf(obj types.Object) string {
	of := ""
	switch obj := obj.(type) {
	case *types.Var:
		if obj.IsField() {
			of = "*."
		}
	case *types.Func:
		if r := obj.Signature().Recv(); r != nil {
			if n, ok := gotype.Deref(r.Type()).(*types.Named); ok {
				of = n.Obj().Name() + "."
			}
		}
	}
	return obj.Pkg().Path() + "." + of + obj.Name()
}

func withContext(c *checker, at place) bool { return at.hasContext(c.folder.Info) }

func withoutContext(c *checker, at place) bool { return !withContext(c, at) }

// inCall reports whether at is in a function of the project, or in a service where there is
// a context already.
func inCall(c *checker, at place) bool {
	return source.Top(c.folder.Dir) == "functions" || withContext(c, at)
}

// stays reports whether the file that is written outlives the call: the function around
// makes none for a while, and opens it not only to read.
func stays(c *checker, at place) bool {
	temporary := false
	ast.Inspect(at.declaration(), func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		temporary = temporary || ok && (s.Sel.Name == "MkdirTemp" || s.Sel.Name == "CreateTemp")
		return !temporary
	})
	return !temporary && !c.reads(at.call())
}

// reads reports whether call opens a file to read it, as OpenFile can.
func (c *checker) reads(call *ast.CallExpr) bool {
	const flag, args = 1, 3
	if call == nil || len(call.Args) != args {
		return false
	}
	value := c.folder.Info.Types[call.Args[flag]].Value
	if value == nil || value.Kind() != constant.Int {
		return false
	}
	flags, exact := constant.Int64Val(value)
	return exact && flags&int64(os.O_WRONLY|os.O_RDWR|os.O_CREATE|os.O_APPEND|os.O_TRUNC) == 0
}
