// Package binding writes the compiled bindings of endpoints: for each a package that reads
// requests into its Input, and writes its Output, without reflection. Bindings call package
// bind for what they have in common.
//
// A binding accepts only requests that are as they should be, and leaves all others to the
// binding by reflection. So both must understand a request in the same way. An endpoint is not
// compiled if it uses anything for which that is not known.
package binding

import (
	"errors"
	"go/types"
	"path"

	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/gotype"
	"switchyard/router/internal/generate/source"
)

// Dir is where the bindings are, below the root of a module: in a folder for each function. Packages
// in a folder that begins with _ can be imported, but ./... does not name them. It must not, since
// `go generate ./...` fails if a package disappears that it has seen before.
const Dir = source.CatalogDir + "/_bindings"

// Output returns the file of the binding of f, below the root of the module.
func Output(f *function.Function) string { return path.Join(Dir, f.Name(), "binding_gen.go") }

// Path returns the import path of the binding of f in m.
func Path(m *source.Module, f *function.Function) string { return path.Join(m.Path, Dir, f.Name()) }

// Make makes the bindings of those functions that are endpoints.
func Make(m *source.Module, functions []*function.Function) {
	source.Parallel(len(functions), func(i int) {
		f := functions[i]
		f.Binding, f.Reflected = Render(m, f)
	})
}

// Render returns the source of the binding of f. reason says why that binds by reflection; it is ""
// if f is compiled. The source is nil if f is no endpoint.
func Render(m *source.Module, f *function.Function) (text []byte, reason string) {
	if f.Kind != function.Endpoint || f.Input == nil || f.Output == nil {
		return nil, ""
	}
	e, err := describe(gotype.Deref(f.Input), gotype.Deref(f.Output))
	if err != nil {
		return render(m, f, nil), err.Error()
	}
	return render(m, f, e), ""
}

// describe returns what there is to read and to write of an endpoint with these types.
func describe(input, output types.Type) (*endpoint, error) {
	e := &endpoint{input: input, output: output}
	if !nameable(input) || !nameable(output) {
		return nil, errors.New("its Input or Output cannot be named in another package")
	}
	if err := e.readInput(input); err != nil {
		return nil, within("Input", err)
	}
	if err := e.readOutput(output); err != nil {
		return nil, within("Output", err)
	}
	return e, nil
}
