// Package ordered writes YAML whose mappings keep the order in which they were put
// together, so that the same description is the same text.
package ordered

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Map is the entries of a mapping in their order: key, value, key, value. What is
// nil, or an empty list or mapping, is left out.
type Map []any

// Node returns v as YAML: a *yaml.Node as it is, a Map as a mapping, []any and []string
// as a list, and a string, a bool or a number as themselves. It panics on other types.
func Node(v any) *yaml.Node {
	switch v := v.(type) {
	case *yaml.Node:
		return v
	case Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for i := 0; i < len(v); i += 2 {
			if value := Node(v[i+1]); value != nil && (value.Kind == yaml.ScalarNode || len(value.Content) > 0) {
				n.Content = append(n.Content, Node(v[i]), value)
			}
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v {
			n.Content = append(n.Content, Node(item))
		}
		return n
	case []string:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v {
			n.Content = append(n.Content, Node(item))
		}
		return n
	case nil:
		return nil
	}
	n := &yaml.Node{}
	if err := n.Encode(v); err != nil {
		panic(fmt.Sprintf("ordered: a %T: %s", v, err)) // cannot happen: all of them are listed above
	}
	return n
}

// Flow writes a list or a mapping on one line.
func Flow(v any) *yaml.Node {
	n := Node(v)
	n.Style |= yaml.FlowStyle
	return n
}

// Encode writes documents, below a comment that is text of YAML already: "# …\n".
func Encode(comment string, documents ...*yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(comment)
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	for _, d := range documents {
		if err := e.Encode(d); err != nil {
			return nil, err
		}
	}
	err := e.Close()
	return b.Bytes(), err
}
