package door

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/shared/events"
	"switchyard/shared/fault"
)

// maxLocation is how much of a location is told, which may hold names that somebody
// made up.
const maxLocation = 256

// senderField is events.FromMachine's, which nobody outside can set.
const senderField = "senderId"

// contract is what the data of an event has to be: its Go type, by the rules that
// endpoints have for their bodies.
type contract struct {
	data     reflect.Type
	machine  bool // it has a place for the sender
	registry huma.Registry
	schema   *huma.Schema
	// loose is the schema that lets fields pass that the type does not have.
	looseRegistry huma.Registry
	loose         *huma.Schema
}

// newContract returns the contract of the struct t.
func newContract(t reflect.Type) (c *contract, err error) {
	defer func() { // huma's way to say what it does not like
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	c = &contract{data: t, machine: events.Type{Data: t}.Machines(), registry: newRegistry(), looseRegistry: newRegistry()}
	if s, ok := t.FieldByName("SenderID"); c.machine && (!ok || len(s.Index) != 2) {
		return nil, errors.New("it has a field SenderID of its own, where the sender has to stand")
	}
	c.schema, c.loose = c.registry.Schema(t, false, ""), c.looseRegistry.Schema(t, false, "")
	loosen(c.loose)
	for _, s := range c.looseRegistry.Map() {
		loosen(s)
	}
	return c, nil
}

// newRegistry returns a registry that knows types of one name apart.
func newRegistry() huma.Registry {
	return huma.NewMapRegistry("#/", func(t reflect.Type, hint string) string {
		return t.PkgPath() + "." + huma.DefaultSchemaNamer(t, hint)
	})
}

// loosen lets fields pass that s does not know, and those within it.
func loosen(s *huma.Schema) {
	if s == nil {
		return
	}
	if closed, ok := s.AdditionalProperties.(bool); ok && !closed {
		s.AdditionalProperties = true
	}
	if of, ok := s.AdditionalProperties.(*huma.Schema); ok {
		loosen(of)
	}
	loosen(s.Items)
	for _, p := range s.Properties {
		loosen(p)
	}
}

// read returns data as it is to be kept, with the sender in it, and as a pointer to
// a value of the event's type; or what is wrong with it. It stands at the location
// at. If sender is "", fields that the type does not have may pass.
func (c *contract) read(data []byte, at, sender string) (kept []byte, event any, issues []fault.Issue) {
	if len(bytes.TrimSpace(data)) == 0 {
		data = []byte("{}")
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil || !utf8.Valid(data) {
		return nil, nil, []fault.Issue{{Location: at, Message: "is not valid JSON"}}
	}
	if hasZero(value) {
		return nil, nil, []fault.Issue{{Location: at, Message: "has a zero byte in a text"}}
	}
	if issues = c.validate(value, at, sender == ""); len(issues) > 0 {
		return nil, nil, issues
	}
	if kept, issues = c.keep(data, at, sender); len(issues) > 0 {
		return nil, nil, issues
	}
	event = reflect.New(c.data).Interface()
	if err := json.Unmarshal(kept, event); err != nil {
		where := c.blame(value, at, func(part any) any { return part })
		return nil, nil, []fault.Issue{{Location: where[:min(len(where), maxLocation)], Message: "does not have the expected form"}}
	}
	return kept, event, nil
}

// validate says what is wrong with value by the schema.
func (c *contract) validate(value any, at string, loose bool) []fault.Issue {
	registry, schema := c.registry, c.schema
	if loose {
		registry, schema = c.looseRegistry, c.loose
	}
	var result huma.ValidateResult
	path := huma.NewPathBuffer(nil, 0)
	path.Push(at)
	huma.Validate(registry, schema, path, huma.ModeWriteToServer, value, &result)
	var issues []fault.Issue
	for _, err := range result.Errors {
		issue := fault.Issue{Location: at, Message: "is not valid"}
		if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			issue.Location = d.Location[:min(len(d.Location), maxLocation)]
			issue.Message, _, _ = strings.Cut(d.Message, ": ") // what is behind it may be quoted
		}
		issues = append(issues, issue)
	}
	slices.SortFunc(issues, func(a, b fault.Issue) int {
		return cmp.Or(cmp.Compare(a.Location, b.Location), cmp.Compare(a.Message, b.Message))
	})
	return issues
}

// keep returns data, which is an object, with the sender in it. Of what stands
// twice only the last is left, and text is UTF-8.
func (c *contract) keep(data []byte, at, sender string) ([]byte, []fault.Issue) {
	var fields map[string]any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // as it was written
	if err := dec.Decode(&fields); err != nil || fields == nil {
		return nil, []fault.Issue{{Location: at, Message: "expected object"}}
	}
	for name := range fields {
		if !c.machine || !strings.EqualFold(name, senderField) { // as encoding/json compares names
			continue
		}
		if sender != "" {
			return nil, []fault.Issue{{Location: at + "." + name, Message: "cannot be sent: it is who sends"}}
		}
		delete(fields, name)
	}
	if sender != "" {
		fields[senderField] = sender
	}
	kept, err := json.Marshal(fields)
	if err != nil {
		return nil, []fault.Issue{{Location: at, Message: "is not valid JSON"}}
	}
	return kept, nil
}

// maxDepth is how deep the part is looked for that a decoder refuses.
const maxDepth = 8

// blame returns where, in a part of the data that stands at the location at and that
// its type refuses, the smallest such part is: decoders of a type's own do not say.
// The whole data with this part alone is whole(part).
func (c *contract) blame(part any, at string, whole func(part any) any) string {
	fits := func(part any) bool {
		text, err := json.Marshal(whole(part))
		return err == nil && json.Unmarshal(text, reflect.New(c.data).Interface()) == nil
	}
	if strings.Count(at, ".")+strings.Count(at, "[") > maxDepth {
		return at
	}
	switch part := part.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(part)) {
			only := func(inner any) any { return map[string]any{name: inner} }
			if !fits(only(part[name])) {
				return c.blame(part[name], at+"."+name, func(inner any) any { return whole(only(inner)) })
			}
		}
	case []any:
		for i, item := range part {
			only := func(inner any) any { return []any{inner} }
			if !fits(only(item)) {
				return c.blame(item, fmt.Sprintf("%s[%d]", at, i), func(inner any) any { return whole(only(inner)) })
			}
		}
	}
	return at
}

// hasZero reports whether v has text with a zero byte, which PostgreSQL cannot
// hold.
func hasZero(v any) bool {
	zero := func(s string) bool { return strings.IndexByte(s, 0) >= 0 }
	switch v := v.(type) {
	case string:
		return zero(v)
	case []any:
		return slices.ContainsFunc(v, hasZero)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Keys(v)), zero) || slices.ContainsFunc(slices.Collect(maps.Values(v)), hasZero)
	}
	return false
}
