package binding

import (
	"errors"
	"fmt"
	"go/types"
	"strings"

	"switchyard/router/internal/generate/gotype"
)

// endpoint is what there is to read and to write of an endpoint.
type endpoint struct {
	input, output types.Type // structs with names
	names         names      // of the Input's fields, also of those that are not read
	params        []param
	body          *value // nil if there is none
	needsBody     bool
	headers       []header
	status        bool   // the Output has a Status
	answer        *value // the Output's Body; nil if there is none
}

// kind is a form of values: one of the constants.
type kind = int

const (
	textKind kind = iota // a string
	truth
	integer
	natural // an integer without a sign
	decimal // a floating-point number
	id      // a uuid.UUID
	moment  // a time.Time
	raw     // a json.RawMessage
	binary  // a []byte
	list
	dict // a map with strings for keys
	pointer
	structure
)

// value is a place for a value of a type, and what holds for the values there.
type value struct {
	kind   kind
	typ    types.Type
	bits   int     // of a number; 0 for int and uint
	named  bool    // it has a type of its own, such as time.Duration
	null   bool    // null may be sent for it
	elem   *value  // of list, dict, pointer
	object *object // of structure
	rules
}

// object is a struct type in JSON.
type object struct {
	typ    types.Type
	named  bool // another package can write its name
	fields []field
	names  names // in Go, also of fields that are not read
	deep   bool  // it may hold itself
}

// field is a field of an object.
type field struct {
	path     string // from the struct: "Common.Name"
	name     string // in JSON
	value    *value
	required bool
	omit     string
	quoted   bool
	fallback string   // its default, in Go; "" if it has none
	needs    []string // the fields that have to be there if this one is
}

// The options of a json tag that leave a field out.
const (
	omitEmpty = "omitempty"
	omitZero  = "omitzero"
)

// maxFields is how many fields an object may have: which of them were read is kept in a
// uint64.
const maxFields = 64

// describer describes types in one direction.
type describer struct {
	out   bool               // they are written
	known map[string]*object // with names
	path  map[string]bool    // the structs that are being described
	under []*object          // the objects of those
}

func newDescriber(out bool) *describer {
	return &describer{out: out, known: map[string]*object{}, path: map[string]bool{}}
}

// value describes values of the type t.
func (d *describer) value(t types.Type) (*value, error) {
	t = types.Unalias(t)
	if k, ok := wellKnown(t); ok {
		return &value{kind: k, typ: t}, nil
	}
	if err := d.ownMatter(t); err != nil {
		return nil, err
	}
	_, named := t.(*types.Named)
	v := &value{typ: t, named: named}
	var err error
	switch u := t.Underlying().(type) {
	case *types.Basic:
		err = v.basic(u)
	case *types.Pointer:
		err = d.pointer(v, u)
	case *types.Slice:
		err = d.list(v, u)
	case *types.Map:
		err = d.dict(v, u)
	case *types.Struct:
		v.kind = structure
		v.object, err = d.object(t, u)
	default:
		err = fmt.Errorf("%s is of no kind that is compiled", show(t))
	}
	if err == nil && !d.out && !v.assignable() {
		err = fmt.Errorf("%s cannot be named in another package", show(t))
	}
	return v, err
}

// assignable reports whether another package can make the values of v.
func (v *value) assignable() bool {
	switch v.kind {
	case structure:
		return true
	case list:
		return v.elem.kind == structure || spellable(v.elem.typ)
	case pointer:
		return v.elem.kind == structure || spellable(v.elem.typ)
	default:
		return spellable(v.typ)
	}
}

// wellKnown returns the kind of types that read and write themselves in a way that is known.
func wellKnown(t types.Type) (kind, bool) {
	switch gotype.Key(t) {
	case "github.com/google/uuid.UUID":
		return id, true
	case "time.Time":
		return moment, true
	case "encoding/json.RawMessage":
		return raw, true
	case "[]byte", "[]uint8":
		return binary, true
	}
	return 0, false
}

// ownMatter says which method of t decides itself how values are read, checked or written.
func (d *describer) ownMatter(t types.Type) error {
	methods := []string{
		"UnmarshalJSON", "UnmarshalJSONFrom", "UnmarshalText", // encoding/json, and what comes after it
		"Resolve", "Schema", "TransformSchema", "Receiver", "OnParamSet", // huma
	}
	if d.out {
		methods = []string{"MarshalJSON", "MarshalJSONTo", "MarshalText", "ContentType"}
	}
	if isPointer(t) {
		return nil // it is about what it points to
	}
	for _, name := range methods {
		if gotype.Method(t, name) != nil {
			return fmt.Errorf("%s has a method %s", show(t), name)
		}
	}
	if gotype.IsNamed(t, "encoding/json", "Number") {
		return errors.New("a json.Number is of no kind that is compiled")
	}
	return nil
}

func (v *value) basic(t *types.Basic) error {
	switch info := t.Info(); {
	case info&types.IsString != 0:
		v.kind = textKind
	case info&types.IsBoolean != 0:
		v.kind = truth
	case info&types.IsUnsigned != 0 && t.Kind() != types.Uintptr:
		v.kind, v.bits = natural, bits(t)
	case info&types.IsInteger != 0 && t.Kind() != types.Uintptr:
		v.kind, v.bits = integer, bits(t)
	case info&types.IsFloat != 0:
		v.kind, v.bits = decimal, bits(t)
	default:
		return fmt.Errorf("%s is of no kind that is compiled", show(v.typ))
	}
	return nil
}

// bits returns the size that the name of a type of numbers says; 0 if it says none.
func bits(t *types.Basic) int {
	n := 0
	_, _ = fmt.Sscanf(strings.TrimLeft(t.Name(), "uintfloa"), "%d", &n)
	if t.Kind() == types.Uint8 { // it may be called byte
		n = 8
	}
	if t.Kind() == types.Int32 { // it may be called rune
		n = 32
	}
	return n
}

func (d *describer) pointer(v *value, t *types.Pointer) (err error) {
	v.kind = pointer
	if v.elem, err = d.value(t.Elem()); err != nil {
		return err
	}
	switch v.elem.kind {
	case textKind, truth, integer, natural, decimal, id, moment, structure:
		return nil
	default:
		return fmt.Errorf("%s is of no kind that is compiled", show(v.typ))
	}
}

func (d *describer) list(v *value, t *types.Slice) (err error) {
	v.kind = list
	if e, ok := t.Elem().Underlying().(*types.Basic); ok && e.Kind() == types.Uint8 {
		return fmt.Errorf("%s is of no kind that is compiled, though []byte is", show(v.typ))
	}
	v.elem, err = d.element(t.Elem())
	return err
}

// nullable reports whether a pointer to v may be null even where it has to be: in huma's schema it
// may, unless v is a struct or reads itself from a text.
func (v *value) nullable() bool { return v.kind != structure && v.kind != id }

// element describes what a list or a dict is made of.
func (d *describer) element(t types.Type) (*value, error) {
	v, err := d.value(t)
	switch {
	case err != nil:
		return nil, err
	case v.kind == pointer:
		v.null = v.elem.nullable()
	case v.kind == structure && !v.object.named && len(v.object.fields) == 0:
		return nil, errors.New("a list or map of structs without a name and without fields")
	}
	return v, nil
}

func (d *describer) dict(v *value, t *types.Map) (err error) {
	v.kind = dict
	if key := t.Key().Underlying(); key != types.Typ[types.String] {
		return fmt.Errorf("the keys of %s are no strings", show(v.typ))
	}
	if err := d.ownMatter(types.Unalias(t.Key())); err != nil {
		return err
	}
	v.elem, err = d.element(t.Elem())
	return err
}

// show returns a type as people read it.
func show(t types.Type) string {
	if s, ok := t.(*types.Struct); ok && s.NumFields() > 0 {
		return "a struct without a name"
	}
	return types.TypeString(t, func(p *types.Package) string { return p.Name() })
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}
