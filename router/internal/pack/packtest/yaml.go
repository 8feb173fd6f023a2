package packtest

import "go.yaml.in/yaml/v3"

// Child returns the value of a key of a mapping, or nil.
func Child(n *yaml.Node, key string) *yaml.Node { return Entries(n)[key] }

// Entries returns the values of a mapping by their keys.
func Entries(n *yaml.Node) map[string]*yaml.Node {
	all := map[string]*yaml.Node{}
	if n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			all[n.Content[i].Value] = n.Content[i+1]
		}
	}
	return all
}

// Scalar returns the text of a key of a mapping, or "".
func Scalar(n *yaml.Node, key string) string {
	if value := Child(n, key); value != nil {
		return value.Value
	}
	return ""
}
