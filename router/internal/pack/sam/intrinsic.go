package sam

import (
	"go.yaml.in/yaml/v3"

	"switchyard/router/internal/pack/ordered"
)

// tagged gives v one of CloudFormation's short tags, such as "!If".
func tagged(tag string, v any) *yaml.Node {
	n := ordered.Node(v)
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
