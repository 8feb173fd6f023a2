package dev

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// variable is one environment variable of the stack.
type variable struct{ Name, Value string }

// environ returns the app's environment. The developer's variables, base (this
// process's own) and over them the .env file's, replace the stack's defaults; the
// stack's own values replace the developer's. No variable that would lead away
// from the stack is passed on, and one that is set to nothing replaces no default.
func environ(base, dotenv []string, defaults, own []variable) []string {
	var env []string
	for _, v := range defaults {
		env = append(env, v.Name+"="+v.Value)
	}
	for _, kv := range slices.Concat(base, dotenv) {
		name, value, _ := strings.Cut(kv, "=")
		if !ours(name, own) && (value != "" || !names(defaults, name)) {
			env = append(env, kv)
		}
	}
	for _, v := range own {
		env = append(env, v.Name+"="+v.Value)
	}
	return env
}

// ours reports whether only the stack may set the variable.
func ours(name string, own []variable) bool {
	// They would lead the app to another database, bucket or Inngest.
	foreign := []string{"INNGEST_", "AWS_", "DATABASE_", "PG"}
	return slices.ContainsFunc(foreign, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) ||
		names(own, name)
}

// names reports whether one of the variables is called name.
func names(variables []variable, name string) bool {
	return slices.ContainsFunc(variables, func(v variable) bool { return v.Name == name })
}

// lookup returns what env says of the variable called name, "" if nothing.
func lookup(env []string, name string) (value string) {
	for _, kv := range env {
		if v, found := strings.CutPrefix(kv, name+"="); found && v != "" {
			value = v
		}
	}
	return value
}

// without returns env without the variables called names.
func without(env []string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(names, name)
	})
}

// readDotEnv reads a file of lines KEY=VALUE. Empty lines and comments (#) are
// skipped, "export " before a key is allowed, a value may stand in single quotes
// (taken as it is) or double quotes (with \n, \" and \\). Nothing is expanded. A
// file that is not there is empty.
func readDotEnv(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var env []string
	for i, line := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		key = strings.TrimSpace(key)
		if !found || key == "" || strings.ContainsAny(key, " \t'\"") {
			return nil, fmt.Errorf("%s:%d: want KEY=VALUE", path, i+1) // never the line itself
		}
		value, ok := unquote(strings.TrimSpace(value))
		if !ok {
			return nil, fmt.Errorf("%s:%d: the quote of %s does not end on its line", path, i+1, key)
		}
		env = append(env, key+"="+value)
	}
	return env, nil
}

func unquote(s string) (string, bool) {
	if s == "" || (s[0] != '\'' && s[0] != '"') {
		if i := strings.Index(s, " #"); i >= 0 {
			s = strings.TrimSpace(s[:i])
		}
		return s, true
	}
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			rest := strings.TrimSpace(s[i+1:])
			return b.String(), rest == "" || rest[0] == '#'
		case s[i] == '\\' && quote == '"' && i+1 < len(s):
			i++
			b.WriteByte(unescape(s[i]))
		default:
			b.WriteByte(s[i])
		}
	}
	return "", false
}

func unescape(c byte) byte {
	if c == 'n' {
		return '\n'
	}
	return c
}
