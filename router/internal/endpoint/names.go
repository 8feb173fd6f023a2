package endpoint

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// namer gives the types in the OpenAPI document names. Every function calls its
// types Input and Output, so that a type of a function, or one without a name,
// is named after the function too: FilesCreateInputBody. A type of shared/ keeps
// its name.
type namer struct {
	function string                  // the one being added
	taken    map[string]reflect.Type // by name
}

func newNamer() *namer { return &namer{taken: map[string]reflect.Type{}} }

func (n *namer) name(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if t.Kind() != reflect.Struct {
		return name // only structs are listed under their names
	}
	if folder, ok := functionOf(t); ok {
		name = camel(folder) + name
	} else if t.Name() == "" {
		name = camel(n.function) + name
	}
	return n.unique(name, t)
}

// unique returns name, with a number behind it if another type has it.
func (n *namer) unique(name string, t reflect.Type) string {
	for i, unique := 2, name; ; i++ {
		if old, taken := n.taken[unique]; !taken || old == t {
			n.taken[unique] = t
			return unique
		}
		unique = name + strconv.Itoa(i)
	}
}

// functionOf returns the folder, below functions/, of the function that t is
// declared in.
func functionOf(t reflect.Type) (string, bool) {
	_, folder, found := strings.Cut(t.PkgPath(), "/functions/")
	return folder, found && t.Name() != ""
}
