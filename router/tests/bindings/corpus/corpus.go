// Package corpus has types of endpoints with all that is compiled. The tests of package
// bindings write their bindings, which stand below, and hold these against the binding by
// reflection.
package corpus

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Kind is a text with a type of its own.
type Kind string

// Count is a number with a type of its own.
type Count int32

// Tags is a list with a type of its own.
type Tags []string

// Params has parameters of every kind.
type Params struct {
	Paging
	ID      uuid.UUID     `path:"id" format:"uuid"`
	Name    string        `path:"name" maxLength:"8"`
	Kind    Kind          `query:"kind" enum:"a,b" default:"b"`
	Text    string        `query:"text" required:"true" minLength:"2" pattern:"^[a-z]+$"`
	Flag    bool          `query:"flag" default:"true"`
	Count   Count         `query:"count" multipleOf:"3"`
	Small   int8          `query:"small" exclusiveMinimum:"-5"`
	Large   uint64        `query:"large" minimum:"2"`
	Ratio   float64       `query:"ratio" minimum:"0.5" exclusiveMaximum:"2.5" default:"1.5"`
	Half    float32       `query:"half"`
	At      time.Time     `query:"at"`
	Owner   uuid.UUID     `query:"owner"`
	Tags    []string      `query:"tags" maxItems:"3" uniqueItems:"true" default:"x,y"`
	Kinds   []Kind        `query:"kinds,explode" enum:"a,b"`
	Numbers []int         `query:"numbers" maximum:"9" minItems:"2"`
	IDs     []uuid.UUID   `query:"ids"`
	Times   []time.Time   `query:"times,explode"`
	Wait    time.Duration `query:"wait" maximum:"1000"`
	Since   time.Time     `header:"If-Modified-Since"`
	Agent   string        `header:"user-agent" maxLength:"20"`
	Accepts []string      `header:"X-Accepts"`
	Depth   *Ignored
	Token   string `cookie:"token" minLength:"3"`
	Visits  uint16 `cookie:"visits"`
}

// Paging is embedded.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Cursor string `query:"cursor"`
}

// Ignored is neither a parameter nor a body.
type Ignored struct{ Of int }

// Headers is answered in headers.
type Headers struct {
	Status   int
	Location string   `header:"location"`
	Kind     Kind     `header:"X-Kind"`
	Links    []string `header:"Link"`
	Total    int      `header:"X-Total"`
	Large    uint64   `header:"X-Large"`
	Exact    bool     `header:"X-Exact"`
	Plain    []Count
}

// Order is a body as there are many.
type Order struct {
	Body struct {
		Customer string   `json:"customer" minLength:"1" maxLength:"10"`
		Currency string   `json:"currency" enum:"EUR,USD,GBP"`
		Note     *string  `json:"note,omitempty" maxLength:"20"`
		Express  bool     `json:"express,omitempty" default:"true"`
		Tags     []string `json:"tags,omitempty" maxItems:"3" minLength:"1" uniqueItems:"true"`
		Address  Address  `json:"address"`
		Billing  *Address `json:"billing,omitempty"`
		Delivery struct {
			By   time.Time `json:"by"`
			Slot string    `json:"slot,omitempty" default:"any"`
		} `json:"delivery,omitempty"` //nolint:modernize // how people write it
		Items []Item `json:"items" minItems:"1" maxItems:"3" nullable:"false"`
		Extra []struct {
			Key   string `json:"key"`
			Value int    `json:"value,omitempty" default:"7"`
		} `json:"extra,omitempty"`
	}
}

// Address is a struct with a default.
type Address struct {
	Street  string `json:"street" minLength:"1"`
	Zip     string `json:"zip,omitempty" pattern:"^[0-9]{5}$" patternDescription:"a ZIP code"`
	Country Kind   `json:"country,omitempty" default:"DE" enum:"DE,FR"`
}

// Item is one of a list.
type Item struct {
	SKU      string  `json:"sku" minLength:"1"`
	Quantity int     `json:"quantity" minimum:"1" maximum:"1000"`
	Price    float64 `json:"price" minimum:"0" maximum:"1e6" multipleOf:"0.5"`
}

// Receipt answers an Order.
type Receipt struct {
	Body struct {
		Order
		Total float64            `json:"total"`
		Parts map[string]Item    `json:"parts"`
		More  map[Kind][]float32 `json:"more,omitempty"`
	}
}

// Numbers has all numbers, and what may be null.
type Numbers struct {
	Body AllNumbers
}

// AllNumbers has all numbers, and what may be null.
type AllNumbers struct {
	I    int        `json:"i"`
	I8   int8       `json:"i8,omitempty" minimum:"-100"`
	I16  int16      `json:"i16,omitempty" exclusiveMaximum:"300"`
	I32  int32      `json:"i32,omitempty" minimum:"0.5"`
	I64  int64      `json:"i64,omitempty" multipleOf:"7"`
	U    uint       `json:"u,omitempty"`
	U8   uint8      `json:"u8,omitempty" enum:"1,2,3"`
	U16  uint16     `json:"u16,omitempty" default:"9"`
	U32  uint32     `json:"u32,omitempty"`
	U64  uint64     `json:"u64,omitzero"`
	F32  float32    `json:"f32,omitempty"`
	F64  float64    `json:"f64,omitempty" enum:"0.1,2"`
	PI   *int       `json:"pi"`
	PF   *float64   `json:"pf,omitempty" minimum:"0"`
	PB   *bool      `json:"pb,omitzero" default:"true"`
	PK   *Kind      `json:"pk" enum:"x,y"`
	PU   *uuid.UUID `json:"pu,omitempty"`
	Must *uuid.UUID `json:"must"`
	PT   *time.Time `json:"pt,omitempty"`
	Read int        `json:"read" readOnly:"true"`
	Low  *int8      `json:"low,omitempty" dependentRequired:"high"`
	High *int8      `json:"high,omitempty"`
	Far  uint64     `json:"far,omitempty" exclusiveMinimum:"-1" maximum:"18446744073709551615"`
	Long int64      `json:"long,omitempty" minimum:"-9223372036854775808" exclusiveMaximum:"9007199254740996"`
	Vast float64    `json:"vast,omitempty" maximum:"1e300"`
}

// Tree holds itself.
type Tree struct {
	Body Node
}

// Node is a node of a tree.
type Node struct {
	Name     string          `json:"name"`
	Next     *Node           `json:"next,omitempty"`
	Children []Node          `json:"children,omitempty"`
	Named    map[string]Node `json:"named,omitempty"`
	Leaf     *Leaf           `json:"leaf,omitempty"`
}

// Leaf may hold nodes again.
type Leaf struct {
	Nodes []*Node `json:"nodes"`
	Twig  Twig    `json:"twig,omitempty"` //nolint:modernize // how people write it
}

// Twig is held by a Leaf.
type Twig struct {
	Leaves []Leaf `json:"leaves,omitempty"`
	Length int    `json:"length,omitempty" default:"3"`
}

// Values has values that read themselves, and lists and maps of all kinds.
type Values struct {
	Body struct {
		Base
		ID     uuid.UUID                  `json:"id" format:"uuid"`
		At     time.Time                  `json:"at"`
		Raw    json.RawMessage            `json:"raw,omitempty"`
		Data   []byte                     `json:"data,omitempty"`
		Kinds  []Kind                     `json:"kinds,omitempty" enum:"a,b"`
		Tags   Tags                       `json:"tags,omitempty"`
		Rows   [][]int                    `json:"rows,omitempty"`
		Some   []*int                     `json:"some,omitempty"`
		Owners []*uuid.UUID               `json:"owners,omitempty"`
		Labels map[string]string          `json:"labels,omitempty" maxProperties:"3"`
		Counts map[Kind]*Count            `json:"counts,omitempty"`
		Deep   map[string][]Item          `json:"deep,omitempty"`
		Pages  Page[Item]                 `json:"pages,omitempty"` //nolint:modernize // how people write it
		Any    map[string]json.RawMessage `json:"any,omitempty"`
		List   []string                   `json:"list,omitempty" default:"a, b"`
	}
}

// Base is embedded, with Deeper in it.
type Base struct {
	Deeper
	Version int `json:"version,omitempty" default:"1"`
}

// Deeper is embedded in what is embedded.
type Deeper struct {
	Author string `json:"author,omitempty" maxLength:"5"`
}

// Page is generic.
type Page[T any] struct {
	Of   []T    `json:"of"`
	Next *T     `json:"next,omitempty"`
	Text string `json:",omitempty" default:"more"`
}

// Formats has texts in formats.
type Formats struct {
	Body struct {
		Email    string `json:"email,omitempty" format:"email"`
		Date     string `json:"date,omitempty" format:"date"`
		Time     string `json:"time,omitempty" format:"time"`
		Moment   string `json:"moment,omitempty" format:"date-time"`
		Duration string `json:"duration,omitempty" format:"duration"`
		Hostname string `json:"hostname,omitempty" format:"hostname"`
		IPv4     string `json:"ipv4,omitempty" format:"ipv4"`
		IPv6     string `json:"ipv6,omitempty" format:"ipv6"`
		IP       string `json:"ip,omitempty" format:"ip"`
		URI      string `json:"uri,omitempty" format:"uri"`
		Template string `json:"template,omitempty" format:"uri-template"`
		UUID     string `json:"uuid,omitempty" format:"uuid"`
		Pointer  string `json:"pointer,omitempty" format:"json-pointer"`
		Regex    string `json:"regex,omitempty" format:"regex"`
		Unknown  string `json:"unknown,omitempty" format:"colour"`
	}
}

// Options is answered with all options of JSON tags.
type Options struct {
	Body Written
}

// Written has all options of JSON tags.
type Written struct {
	Empty  string          `json:"empty,omitempty"`
	Zero   int             `json:"zero,omitzero"`
	Quoted int             `json:"quoted,string"`
	Flag   bool            `json:"flag,string,omitempty"`
	Time   time.Time       `json:"time,omitzero"`
	Never  time.Time       `json:"never,omitempty"` //nolint:modernize // has no effect, in both ways alike
	ID     uuid.UUID       `json:"id,omitzero"`
	Always uuid.UUID       `json:"always,omitempty"`
	List   []string        `json:"list,omitzero"`
	Map    map[string]int  `json:"map,omitzero"`
	Nil    []int           `json:"nil"`
	NilMap map[string]bool `json:"nilMap"`
	Raw    json.RawMessage `json:"raw"`
	Data   []byte          `json:"data"`
	F32    float32         `json:"f32"`
	Struct struct{}        `json:"struct,omitempty"` //nolint:modernize // the same
	Hidden string          `json:"-"`
	NoTag  bool
	Anon   struct {
		First *int `json:"first,omitempty"`
		Last  *int `json:"last,omitempty"`
	} `json:"anon"`
	Anons []struct {
		N int `json:"n,omitempty"`
	} `json:"anons,omitempty"`
}

// List takes and answers a list that is the whole body.
type List struct {
	Body []Item `minItems:"1"`
}

// Optional has a body that need not be there.
type Optional struct {
	Body *Address
}

// Nothing takes and answers nothing.
type Nothing struct{}
