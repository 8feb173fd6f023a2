package pack

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// pairs are the entries of a mapping in their order: key, value, key, value. What is
// nil, or an empty list or mapping, is left out.
type pairs []any

// node returns v as YAML: a *yaml.Node as it is, pairs as a mapping, []any and []string
// as a list, and a string, a bool or a number as themselves.
func node(v any) *yaml.Node {
	switch v := v.(type) {
	case *yaml.Node:
		return v
	case pairs:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for i := 0; i < len(v); i += 2 {
			if value := node(v[i+1]); value != nil && (value.Kind == yaml.ScalarNode || len(value.Content) > 0) {
				n.Content = append(n.Content, node(v[i]), value)
			}
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v {
			n.Content = append(n.Content, node(item))
		}
		return n
	case []string:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v {
			n.Content = append(n.Content, node(item))
		}
		return n
	case nil:
		return nil
	}
	n := &yaml.Node{}
	if err := n.Encode(v); err != nil {
		panic(fmt.Sprintf("pack: a %T in a template: %s", v, err)) // cannot happen: all of them are listed above
	}
	return n
}

// flow writes a list or a mapping on one line.
func flow(v any) *yaml.Node {
	n := node(v)
	n.Style |= yaml.FlowStyle
	return n
}

// tagged gives v one of CloudFormation's short tags, such as "!If".
func tagged(tag string, v any) *yaml.Node {
	n := node(v)
	n.Tag, n.Style = tag, n.Style|yaml.TaggedStyle
	return n
}

func ref(name string) *yaml.Node    { return tagged("!Ref", name) }
func sub(text string) *yaml.Node    { return tagged("!Sub", text) }
func getAtt(name string) *yaml.Node { return tagged("!GetAtt", name) }

// ifElse is yes while the condition holds, else no.
func ifElse(condition string, yes, no any) *yaml.Node {
	return tagged("!If", []any{condition, yes, no})
}

// noValue is the lack of a value.
func noValue() *yaml.Node { return ref("AWS::NoValue") }

// encode writes documents below a comment.
func encode(comment string, documents ...*yaml.Node) ([]byte, error) {
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
