package bind

// Decoder reads JSON. It accepts what package ijson does, or less: each method returns
// false for what is not there as it should be, or written in an unusual way, and nothing
// may be read after that.
//
// It does not look for names that an object has twice: what reads the object does.
type Decoder struct {
	data    []byte
	at      int
	depth   int
	fresh   bool   // nothing of the object or array has been read yet
	window  string // a copy of data from start
	start   int
	scratch []byte // a text without its escapes
}

// maxDepth is how deep objects and arrays may be nested.
const maxDepth = 100

// next returns the first byte of what comes next, which it does not read; 0 for nothing.
func (d *Decoder) next() byte {
	for d.at < len(d.data) {
		switch c := d.data[d.at]; c {
		case ' ', '\n', '\r', '\t':
			d.at++
		default:
			return c
		}
	}
	return 0
}

// Object reads the start of an object. Then come More, Name and a value for each member,
// and EndObject.
func (d *Decoder) Object() bool { return d.open('{') }

// Array reads the start of an array. Then come More and a value for each item, and EndArray.
func (d *Decoder) Array() bool { return d.open('[') }

// EndObject reads the end of an object.
func (d *Decoder) EndObject() bool { return d.close('}') }

// EndArray reads the end of an array.
func (d *Decoder) EndArray() bool { return d.close(']') }

// End reports whether nothing is left but white space.
func (d *Decoder) End() bool { return d.next() == 0 && d.at == len(d.data) }

func (d *Decoder) open(bracket byte) bool {
	if d.next() != bracket || d.depth == maxDepth {
		return false
	}
	d.at++
	d.depth++
	d.fresh = true
	return true
}

func (d *Decoder) close(bracket byte) bool {
	if d.next() != bracket {
		return false
	}
	d.at++
	d.depth--
	d.fresh = false
	return true
}

// More reports whether there is another member or item.
func (d *Decoder) More() bool {
	c := d.next()
	switch {
	case d.fresh:
		d.fresh = false
		return c != '}' && c != ']'
	case c == ',':
		d.at++
		return true
	}
	return false
}

// Name reads the name of a member. It is nil if that is not accepted, and valid until the
// next call.
func (d *Decoder) Name() []byte {
	name, ok := d.Text()
	if !ok || d.next() != ':' {
		return nil
	}
	d.at++
	return name
}

// Key reads the name of a member of a map.
func (d *Decoder) Key() (string, bool) {
	key, ok := d.String()
	if !ok || d.next() != ':' {
		return "", false
	}
	d.at++
	return key, true
}

// Null reads null, if that comes next.
func (d *Decoder) Null() bool { return d.next() == 'n' && d.word("null") }

// Bool reads true or false.
func (d *Decoder) Bool() (value, ok bool) {
	if d.next() == 't' {
		return true, d.word("true")
	}
	return false, d.word("false")
}

func (d *Decoder) word(w string) bool {
	end := d.at + len(w)
	if end > len(d.data) || string(d.data[d.at:end]) != w {
		return false
	}
	d.at = end
	return true
}
