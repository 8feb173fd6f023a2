package lint

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"switchyard/internal/spelling"
	"switchyard/router/internal/generate/source"
)

// allowWord follows what a directive begins with.
const allowWord = "allow"

// allowance is a comment that lets something pass.
type allowance struct {
	at    token.Position
	rule  rule
	alone bool // in its line: then it is about the next one
	used  bool
}

// allow notes what the comments of a file let pass, and reports those that say too little.
func (c *checker) allow(file *ast.File) {
	if len(file.Comments) == 0 {
		return
	}
	code := c.code(file)
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if text, ok := strings.CutPrefix(comment.Text, source.Directive); ok {
				at := c.At(comment.Pos())
				c.directive(at, !code[at.Line], text)
			}
		}
	}
}

// code returns the lines of a file in which there is more than comments.
func (c *checker) code(file *ast.File) map[int]bool {
	lines := map[int]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.CommentGroup:
			return false
		}
		lines[c.At(n.Pos()).Line], lines[c.At(n.End()-1).Line] = true, true
		return true
	})
	return lines
}

// directive reads what follows [source.Directive].
func (c *checker) directive(at token.Position, alone bool, text string) {
	word, rest, _ := strings.Cut(text, " ")
	name, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
	form := source.Directive + allowWord + " "
	switch {
	case word != allowWord:
		c.Report(at, "there is no comment %s%s: there is %sRULE reason", source.Directive, word, form)
	case !slices.Contains(rules(), rule(name)):
		c.Report(at, "%s", noRule(name))
	case strings.TrimSpace(reason) == "":
		c.Report(at, "say why that may be: %s%s reason", form, name)
	default:
		c.allowed = append(c.allowed, &allowance{at: at, rule: rule(name), alone: alone})
	}
}

// noRule says that no rule is called name, and which are.
func noRule(name string) string {
	var names []string
	for _, r := range rules() {
		names = append(names, string(r))
	}
	if near := spelling.Near(name, names); near != "" && name != "" {
		return "there is no rule " + name + ": do you mean " + near + "?"
	}
	return strings.TrimSpace("there is no rule "+name) + ": there are " + strings.Join(names, ", ")
}

// allows reports whether a rule may be broken in a line.
func (c *checker) allows(at token.Position, r rule) bool {
	found := false
	for _, a := range c.allowed {
		if a.rule == r && a.at.Filename == at.Filename && a.line() == at.Line {
			a.used, found = true, true
		}
	}
	return found
}

// line returns the line that the comment is about.
func (a *allowance) line() int {
	if a.alone {
		return a.at.Line + 1
	}
	return a.at.Line
}

// stale reports the comments that let nothing pass.
func (c *checker) stale() {
	for _, a := range c.allowed {
		if !a.used {
			c.Report(a.at, "nothing breaks the rule %s in line %d: remove the comment", a.rule, a.line())
		}
	}
}
