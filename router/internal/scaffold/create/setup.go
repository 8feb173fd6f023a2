package create

import (
	"fmt"
	"go/token"
	"maps"
	"slices"
	"strings"

	"switchyard/router/internal/scaffold/source"
)

// setup is how a test makes the services that the fields of its function hold.
type setup struct {
	imports   *imports
	framework string
	services  map[string]source.Service
	vars      map[string]string // by import paths: what the services are called in the test

	Lines     []string // of the test
	Literal   []string // the elements of the Function
	DB, Files bool     // the tests start a server
}

// fill gives a field of the test's function a service. It reports false if a test cannot
// make it.
func (s *setup) fill(field string, v source.Service) bool {
	if !s.possible(v, map[string]bool{}) {
		return false
	}
	s.Literal = append(s.Literal, field+": "+s.open(v))
	return true
}

// possible reports whether tests can make a service: if all that it needs are services
// that they can make.
func (s *setup) possible(v source.Service, seen map[string]bool) bool {
	switch v.ImportPath {
	case s.framework + "/shared/db", s.framework + "/shared/bucket", s.framework + "/shared/events":
		return true
	}
	if seen[v.ImportPath] {
		return false
	}
	seen[v.ImportPath] = true
	for _, n := range v.Needs {
		if other, ok := s.service(n); !s.isProject(n) && (!ok || !s.possible(other, seen)) {
			return false
		}
	}
	return true
}

// service returns the service that provides what is needed.
func (s *setup) service(n source.Need) (source.Service, bool) {
	for _, v := range s.services {
		if n.Pointer && v.ImportPath == n.ImportPath && v.Type == n.Type {
			return v, true
		}
	}
	return source.Service{}, false
}

// isProject reports whether n is what the framework knows of the project.
func (s *setup) isProject(n source.Need) bool {
	return n.ImportPath == s.framework+"/shared/fn" && n.Type == "Project"
}

// open returns the variable of a service, which it writes the lines for.
func (s *setup) open(v source.Service) string {
	if name := s.vars[v.ImportPath]; name != "" {
		return name
	}
	name := s.variable(v)
	switch v.ImportPath {
	case s.framework + "/shared/db":
		s.DB = true
		s.say("%s := %s.New(t)", name, s.imports.name(v.ImportPath+"/dbtest"))
	case s.framework + "/shared/bucket":
		s.Files = true
		s.say("%s := %s.New(t)", name, s.imports.name(v.ImportPath+"/buckettest"))
	case s.framework + "/shared/events":
		d := s.open(at(s.services, s.framework+"/shared/db"))
		s.opened(v, name, []string{s.imports.name(s.framework+"/shared/config") + `.Events{Key: "key"}`, d})
		s.say("t.Cleanup(func() { _ = %s.Close() })", name)
	default:
		var args []string
		for _, n := range v.Needs {
			if s.isProject(n) {
				args = append(args, s.imports.name(n.ImportPath)+`.Project{}`)
				continue
			}
			other, _ := s.service(n)
			args = append(args, s.open(other))
		}
		s.opened(v, name, args)
	}
	return name
}

// opened writes the call of a service's Open.
func (s *setup) opened(v source.Service, name string, args []string) {
	s.say("%s, err := %s.Open(%s)", name, s.imports.name(v.ImportPath), strings.Join(append([]string{"t.Context()"}, args...), ", "))
	s.say("if err != nil {\n\t\tt.Fatal(err)\n\t}")
}

func (s *setup) say(format string, args ...any) {
	s.Lines = append(s.Lines, fmt.Sprintf(format, args...))
}

// variable returns a new name for a service: that of its type, if no package and no other
// service has it.
func (s *setup) variable(v source.Service) string {
	known := map[string]string{"/shared/db": "d", "/shared/events": "bus"}
	name := known[strings.TrimPrefix(v.ImportPath, s.framework)]
	if name == "" {
		name = strings.ToLower(v.Type[:1]) + v.Type[1:]
	}
	taken := slices.Concat(slices.Collect(maps.Values(s.vars)), slices.Collect(maps.Values(s.imports.names)))
	for _, other := range s.services {
		taken = append(taken, other.Base())
	}
	if slices.Contains(taken, name) || token.IsKeyword(name) {
		name = packageOf(v.Base()) + v.Type
	}
	s.vars[v.ImportPath] = name
	return name
}

// Main returns the body of the TestMain that starts the servers; "" if there are none.
func (s *setup) Main() string {
	db, files := s.imports.names[s.framework+"/shared/db/dbtest"], s.imports.names[s.framework+"/shared/bucket/buckettest"]
	switch {
	case db != "" && files != "":
		s.imports.name("os")
		return "os.Exit(" + db + ".Run(func() int { return " + files + ".Run(m.Run) }))"
	case db != "":
		return db + ".Main(m)"
	case files != "":
		return files + ".Main(m)"
	}
	return ""
}
