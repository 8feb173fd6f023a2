// Package exact carries JSON through Inngest digit for digit. Inngest takes every number
// for a double: 616581622363398142 comes out of it as 616581622363398100.
//
// So JSON with a number that is no double goes as an object with one member more,
// [Member], which holds the JSON as it was, as text: engines leave text alone. Whoever
// hands the JSON to a function takes it from there. JSON of other numbers goes as it is,
// and so does what is on its way from a release that did not do this.
package exact

import (
	"bytes"
	"encoding/json"
)

// Member is the name of the member that holds the exact JSON. A member that somebody else
// has named so is data, and is carried within the exact JSON.
const Member = "_exactJSON"

const quoted = `"` + Member + `"`

// Carry returns text as it is to be given to Inngest, which is text itself if nothing of
// it would change: then it allocates nothing. What is no object becomes one with nothing but
// [Member]. Numbers that Inngest would refuse, because they are larger than any double,
// stand beside it as the largest.
func Carry(text []byte) []byte {
	if !changes(text) || !json.Valid(text) {
		return text
	}
	var beside map[string]json.RawMessage
	if json.Unmarshal(clamp(text), &beside) != nil || beside == nil {
		beside = map[string]json.RawMessage{}
	}
	beside[Member] = write(string(text))
	return write(beside)
}

// Restore returns the JSON that [Carry] was given. It returns text itself if it is not
// what Carry returns.
func Restore(text []byte) []byte {
	if !bytes.Contains(text, []byte(quoted)) {
		return text
	}
	var carried map[string]json.RawMessage
	if json.Unmarshal(text, &carried) != nil {
		return text
	}
	var was string
	if json.Unmarshal(carried[Member], &was) != nil || !json.Valid([]byte(was)) {
		return text
	}
	return []byte(was)
}

// RestoreStep does for the result of a step, as Inngest hands it back, what [Restore]
// does: that is {"data":…}, {"error":{"data":…}} or the event that was waited for.
func RestoreStep(text []byte) []byte {
	if !bytes.Contains(text, []byte(quoted)) {
		return text
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil || fields == nil {
		return text
	}
	if data, ok := fields["data"]; ok {
		fields["data"] = Restore(data)
	}
	if failure, ok := fields["error"]; ok {
		fields["error"] = RestoreStep(failure)
	}
	return write(fields)
}

// write returns v as JSON, without the escapes for HTML: what is carried counts
// towards Inngest's limits.
func write(v any) []byte {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // text, and JSON that was valid
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}
