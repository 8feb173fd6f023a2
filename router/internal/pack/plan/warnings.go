package plan

import (
	"fmt"
	"strings"
	"time"

	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

// What AWS allows.
const (
	minMemory      = 128 // MiB
	maxMemory      = 10240
	maxTimeout     = 900 * time.Second // of a call
	maxPayload     = 6 << 20           // of a request or an answer that is not streamed
	maxBinary      = maxPayload / 4 * 3
	maxEnvironment = 4 << 10  // names and values
	maxZip         = 50 << 20 // that is uploaded without S3
	maxUnzipped    = 250 << 20
	apiTimeout     = 30 * time.Second
	apiRoutes      = 300
	maxName        = 64 // of a Lambda
	hostHeaders    = 32 << 10
)

// unknownValue is the length, in bytes, that the value of a variable is taken to have if it is
// not known here.
const unknownValue = 64

// Warnings returns where the plan comes into conflict with a limit of its platform: each
// names the function or the unit, the limit and what to do. What getenv knows of
// the variables' values counts towards the limit of those.
func (p Plan) Warnings(getenv func(string) string) []string {
	if p.Target != Lambda {
		return nil
	}
	var w warnings
	for _, u := range p.Units {
		for _, f := range u.Functions {
			w.function(u, f)
			if !p.Behind {
				w.rate(f)
			}
		}
		w.unit(u, getenv)
		if n := len(p.Project + "-" + u.Name); n > maxName {
			w.add(u.Name, "would be a Lambda whose name has %d characters, with that of the project before it, and AWS allows 64: "+
				"give the stack a shorter name, or rename the folder", n)
		}
	}
	if p.Front == HTTPAPI {
		w.api(p)
	}
	return w
}

type warnings []string

func (w *warnings) add(name, format string, args ...any) {
	*w = append(*w, name+" "+fmt.Sprintf(format, args...))
}

func (w *warnings) function(u Unit, f function.Function) {
	info := f.Info()
	switch {
	case info.MaxBody > maxPayload:
		w.add(f.Name, "takes bodies of %s, and a request to Lambda holds 6 MB, or 4.5 MB of binary data: "+
			"lower MaxBody, or have clients send large ones straight to the bucket", Size(info.MaxBody))
	case info.MaxBody > maxBinary:
		w.add(f.Name, "takes bodies of %s, and a request to Lambda holds 6 MB, but only 4.5 MB of binary data, which travels as base64: "+
			"lower MaxBody, or have clients send large ones straight to the bucket", Size(info.MaxBody))
	}
	routed := u.Routed && info.Route != ""
	switch {
	case routed && info.Timeout > apiTimeout:
		w.add(f.Name, "may take %v, and the HTTP API waits 30 s: lower Timeout, move the work into a job, or use --front url", info.Timeout)
	case info.Timeout >= maxTimeout:
		w.add(f.Name, "may take %v, and Lambda stops a call after 15 min: lower Timeout, or divide the work into steps of a job", info.Timeout)
	}
	if info.Stream && !u.Stream {
		w.add(f.Name, "streams, and the HTTP API collects an answer, of 6 MB at most, before it sends it: use --front url, or package the function apart")
	}
	for _, s := range info.Sources {
		if stream, ok := s.(interface{ Reading() fn.Reading }); ok && stream.Reading().Failures == "" {
			w.add(f.Name, "reads the stream of %s and has no Failures: a record that can never be taken, such as one that is too large, holds up its shard until the stream drops it. "+
				"Name a queue, a topic or a bucket for such records", strings.TrimPrefix(s.Event(), "aws."))
		}
	}
	if info.Memory < minMemory || info.Memory > maxMemory {
		w.add(f.Name, "asks for %d MiB of memory, and Lambda gives 128 to 10,240: change Memory; it gets %d", info.Memory, u.Memory)
	}
}

// rate warns of a rate that Lambda cannot keep. Throttling of the HTTP API is no help: it
// counts all clients of a route together, so that one could keep the others out.
func (w *warnings) rate(f function.Function) {
	if r := f.Info().RateLimit; r.Limit > 0 && f.Limits == nil {
		w.add(f.Name, "has a RateLimit of %v, which each process keeps for itself, and Lambda starts one for each call at once: "+
			"let it use the database and have a rate of 10 a second at most, or limit clients with AWS WAF", r)
	}
}

func (w *warnings) unit(u Unit, getenv func(string) string) {
	apart := ""
	if len(u.Functions) > 1 {
		apart = ", or package functions apart with --each"
	}
	if n := environment(u, getenv); n > maxEnvironment {
		w.add(u.Name, "has an environment of about %s in %d variables, and Lambda allows 4 KB: "+
			"shorten values, or leave optional ones out%s", Size(int64(n)), len(u.Vars), apart)
	}
	if u.Size > maxZip {
		w.add(u.Name, "is a zip of %s, and Lambda takes 50 MB directly: upload it by way of S3%s", Size(u.Size), apart)
	}
	if u.Unzipped > maxUnzipped {
		w.add(u.Name, "has %s unzipped, and Lambda allows 250 MB: embed less%s", Size(u.Unzipped), apart)
	}
}

// environment returns how many bytes the variables of u come to: those that have to be
// set, and those that are set here.
func environment(u Unit, getenv func(string) string) int {
	n := 0
	for _, v := range u.Vars {
		value := ""
		for _, name := range append([]string{v.Name}, v.Also...) {
			if value = getenv(name); value != "" {
				break
			}
		}
		switch {
		case value != "":
			n += len(v.Name) + len(value)
		case v.Required:
			n += len(v.Name) + unknownValue
		}
	}
	return n
}

// api warns of what holds for all functions of an HTTP API.
func (w *warnings) api(p Plan) {
	routes := 0
	keys, _ := p.APIRoutes() // whose error tells who writes a template
	for _, k := range keys {
		routes += len(k)
	}
	var signedIn []string
	for _, u := range p.Units {
		if !u.Routed {
			continue
		}
		for _, f := range u.Functions {
			if info := f.Info(); info.Route != "" && info.Access == fn.SignedIn {
				signedIn = append(signedIn, f.Name)
			}
		}
	}
	if routes > apiRoutes {
		w.add("the HTTP API", "would have %d routes, and AWS allows 300 before a quota is raised: use --all, or --front url", routes)
	}
	if n := len(signedIn); n > 0 {
		name := signedIn[0]
		if n > 1 {
			name = fmt.Sprintf("%s (and %d more)", name, n-1)
		}
		w.add(name, "may be called with cookies, and the HTTP API takes 10 KB of headers, the router %s: keep cookies small, or use --front url", Size(hostHeaders))
	}
}

// Size returns a number of bytes as people read it.
func Size(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	text := fmt.Sprintf("%.1f", v)
	return strings.TrimSuffix(text, ".0") + " " + units[i]
}
