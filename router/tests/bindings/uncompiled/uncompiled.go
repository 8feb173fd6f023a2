// Package uncompiled has types of endpoints that are not compiled, each for one reason.
package uncompiled

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Nothing is compiled.
type Nothing struct{}

// Raw has a body that is the function's own matter.
type Raw struct{ RawBody []byte }

// Any may be anything.
type Any struct{ Body struct{ Any any } }

// Own reads itself.
type Own struct {
	Body struct {
		Own *Own
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (*Own) UnmarshalJSON([]byte) error { return nil }

// Text writes itself.
type Text struct {
	Body struct{ Text *Text }
}

// MarshalText implements encoding.TextMarshaler.
func (Text) MarshalText() ([]byte, error) { return nil, nil }

// Resolved checks itself.
type Resolved struct{ Of int }

// Resolve implements huma.Resolver.
func (*Resolved) Resolve(huma.Context) []error { return nil }

// Checks embeds two structs that check themselves, so that it has no method Resolve of its own.
type Checks struct {
	Resolved
	Also
}

// Also checks itself.
type Also struct{ As int }

// Resolve implements huma.Resolver.
func (*Also) Resolve(huma.Context) []error { return nil }

// Hides has a field that hides one of what it embeds.
type Hides struct {
	Page
	Limit *int
}

// Page is embedded.
type Page struct {
	Limit int `query:"limit" default:"5"`
}

// HidesBody hides one from those that look for fields by their names in Go.
type HidesBody struct {
	Body struct {
		Inner
		N int `json:"-"`
	}
}

// Default has a default against its own rule.
type Default struct {
	N int `query:"n" default:"0" minimum:"1"`
}

// Defaults has one as a list.
type Defaults struct {
	N []string `query:"n" default:"a,b,c" maxItems:"2"`
}

// Blanks has a list of nothing.
type Blanks struct{ Body struct{ S []struct{} } }

// Twice has a name twice.
type Twice struct {
	Body struct {
		Inner
		N int
	}
}

// Inner is embedded.
type Inner struct{ N int }

// Embedded embeds a pointer.
type Embedded struct {
	Body struct{ *Inner }
}

type kind string

// Hidden has a type that is not exported.
type Hidden struct{ Body struct{ Kind kind } }

type ring struct{ Next []ring }

// Ring has a struct that holds itself, and is not exported.
type Ring struct{ Body ring }

// Quoted has a number as a text.
type Quoted struct {
	Body struct {
		N int `json:",string"`
	}
}

// Misplaced has a tag that does not fit.
type Misplaced struct {
	Body struct {
		N int `minLength:"1"`
	}
}

// Precise has bounds that depend on how a number is rounded.
type Precise struct {
	Body struct {
		F float32 `minimum:"0.1"`
	}
}

// Layout has a time of a form of its own.
type Layout struct {
	At time.Time `query:"at" timeFormat:"15:04"`
}

// Array has an array.
type Array struct{ Body struct{ A [3]int } }

// Keys has a map with numbers for keys.
type Keys struct{ Body struct{ M map[int]string } }

// Stream writes itself.
type Stream struct{ Body func(huma.Context) }

// Zeros leaves out a struct that is zero.
type Zeros struct {
	Body struct {
		S Inner `json:"s,omitzero"`
	}
}

type unexported struct{} //nolint:unused // the test asks for it by name
