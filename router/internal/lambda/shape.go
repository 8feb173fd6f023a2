package lambda

import (
	"bytes"
	"iter"

	"github.com/akrylysov/algnhsa"
)

// shape is the kind of an event, as far as its keys tell.
type shape struct {
	http    algnhsa.RequestType // RequestTypeAuto if it is no HTTP request
	command string              // what {"switchyard": …} asks for
}

// shapeOf looks at the keys of an event and of its requestContext. It does not
// decode anything, so that it costs little for large events too.
func shapeOf(event []byte) shape {
	var s shape
	var context []byte
	var v2, method, authorizer bool
	for key, value := range members(event) {
		switch string(key) {
		case "version":
			v2 = string(value) == `"2.0"`
		case "httpMethod":
			method = true
		case "methodArn", "routeArn":
			authorizer = true // it asks for a decision, not for an answer
		case "requestContext":
			context = value
		case "switchyard":
			s.command = string(bytes.Trim(value, `"`))
		}
	}
	if authorizer {
		return s
	}
	for key := range members(context) {
		switch string(key) {
		case "elb":
			s.http = algnhsa.RequestTypeALB
		case "http":
			if v2 {
				s.http = algnhsa.RequestTypeAPIGatewayV2
			}
		case "connectionId":
			return shape{} // of a WebSocket
		}
	}
	if s.http == algnhsa.RequestTypeAuto && method {
		s.http = algnhsa.RequestTypeAPIGatewayV1
	}
	return s
}

// members returns the keys of a JSON object, without their quotes and not decoded,
// and its values. It stops at what is no JSON.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		b, ok := bytes.CutPrefix(trim(object), []byte("{"))
		for ok {
			key := value(b)
			if len(key) < 2 || key[0] != '"' {
				return
			}
			b, ok = bytes.CutPrefix(after(b, key), []byte(":"))
			if !ok {
				return
			}
			v := value(b)
			if len(v) == 0 || !yield(key[1:len(key)-1], v) {
				return
			}
			b, ok = bytes.CutPrefix(after(b, v), []byte(","))
		}
	}
}

// after returns what follows part in b, which begins with it but for space.
func after(b, part []byte) []byte { return trim(trim(b)[len(part):]) }

// trim returns b without the space that it begins with.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\t' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

// value returns the JSON value that b begins with, or nothing.
func value(b []byte) []byte {
	b = trim(b)
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := text(b[i:])
			if n == 0 {
				return nil
			}
			i += n - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return b[:i]
			}
			depth--
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return b[:i]
			}
			continue
		default:
			continue // in a number or a word
		}
		if depth == 0 {
			return b[:i+1]
		}
	}
	if depth > 0 {
		return nil
	}
	return b
}

// text returns the length of the JSON string that b begins with, or 0.
func text(b []byte) int {
	for i := 1; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0
		}
		i += n
		escapes := 0
		for b[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
}
