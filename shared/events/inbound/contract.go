package inbound

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/internal/rules"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/ijson"
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
	return rules.NewRegistry("#/", func(t reflect.Type, hint string) string {
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
// at. If sender is "", fields that the type does not have may pass. It fails with
// fault.Invalid if data is no JSON at all.
func (c *contract) read(data []byte, at, sender string) (kept []byte, event any, issues []fault.Issue, err error) {
	if len(bytes.TrimSpace(data)) == 0 {
		data = []byte("{}")
	}
	var value any
	if err := ijson.Unmarshal(data, &value); err != nil {
		return nil, nil, misread(err, at), malformed(err, at)
	}
	if err := ijson.FindZero(data, value); err != nil {
		return nil, nil, misread(err, at), nil
	}
	if issues = c.validate(value, at, sender == ""); len(issues) > 0 {
		return nil, nil, issues, nil
	}
	if kept, issues = c.keep(data, at, sender); len(issues) > 0 {
		return nil, nil, issues, nil
	}
	event = reflect.New(c.data).Interface()
	if err := ijson.Unmarshal(kept, event); err != nil {
		return nil, nil, misread(err, at), nil
	}
	return kept, event, nil, nil
}

// malformed returns the fault for data that is no JSON, and nil for other errors of
// package ijson.
func malformed(err error, at string) error {
	if e, ok := errors.AsType[*ijson.Error](err); ok && e.Kind == ijson.Malformed {
		return e.Fault(at, "The data of an event has to be JSON; none was taken.")
	}
	return nil
}

// misread returns what package ijson says of data that stands at the location at.
func misread(err error, at string) []fault.Issue {
	e, ok := errors.AsType[*ijson.Error](err)
	if !ok {
		return []fault.Issue{{Location: at, Message: "does not have the expected form"}}
	}
	where := e.At(at)
	return []fault.Issue{{Location: where[:min(len(where), maxLocation)], Message: e.Message}}
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
	rules.Validate(registry, schema, path, value, &result)
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

// keep returns data, which is an object, with the sender in it. What is in its fields is
// left as it was written.
func (c *contract) keep(data []byte, at, sender string) ([]byte, []fault.Issue) {
	var fields map[string]json.RawMessage
	if err := ijson.Unmarshal(data, &fields); err != nil || fields == nil {
		return nil, []fault.Issue{{Location: at, Message: "expected object"}}
	}
	for name := range fields {
		if !c.machine || !strings.EqualFold(name, senderField) { // whoever reads it, and how
			continue
		}
		if sender != "" {
			return nil, []fault.Issue{{Location: at + "." + name, Message: "cannot be sent: it is who sends"}}
		}
		delete(fields, name)
	}
	if sender != "" {
		fields[senderField], _ = json.Marshal(sender) // a string
	}
	kept, err := json.Marshal(fields)
	if err != nil {
		return nil, []fault.Issue{{Location: at, Message: "is not valid JSON"}}
	}
	return kept, nil
}
