package fn

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// EventBridge takes the events of an event bus: events.EventBridgeEvent.
type EventBridge struct {
	// Bus is the name of the event bus. Defaults to the account's default one.
	Bus string
	// Source and DetailType are those of the events: "aws.ecr" and "ECR Image Scan".
	Source, DetailType string
	// Detail are the values that fields of the detail may have, by their path:
	// {"state": {"stopped", "terminated"}, "requestParameters.bucketName": {"a"}}. The
	// fields are text. Defaults to any.
	Detail map[string][]string
}

// Service implements [Source].
func (EventBridge) Service() string { return "EventBridge" }

// Event implements [Source].
func (s EventBridge) Event() string { return "aws.events/" + s.Source + "/" + s.DetailType }

// Filter implements [Source].
func (s EventBridge) Filter() string {
	var all []string
	for _, path := range slices.Sorted(maps.Keys(s.Detail)) {
		var values []string
		for _, value := range s.Detail[path] {
			values = append(values, "event.data.detail"+access(path)+" == "+strconv.Quote(value))
		}
		all = append(all, either(values))
	}
	return strings.Join(all, " && ")
}

// access returns how CEL reads what lies at the path.
func access(path string) string {
	var b strings.Builder
	words := []string{"true", "false", "null", "in"} // CEL's own, which cannot stand behind a dot
	for name := range strings.SplitSeq(path, ".") {
		if strings.Contains(name, "-") || slices.Contains(words, name) {
			b.WriteString("[" + strconv.Quote(name) + "]")
		} else {
			b.WriteString("." + name)
		}
	}
	return b.String()
}

// Pattern returns the event pattern of a rule for these events, to be written as JSON.
func (s EventBridge) Pattern() map[string]any {
	pattern := map[string]any{"source": []string{s.Source}, "detail-type": []string{s.DetailType}}
	for path, values := range s.Detail {
		names := strings.Split("detail."+path, ".")
		last, at := len(names)-1, pattern
		for _, name := range names[:last] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		at[names[last]] = values
	}
	return pattern
}

// Check implements [Source].
func (s EventBridge) Check() error {
	problem := first(
		wrong(s.Source == "" || s.DetailType == "", "EventBridge needs the Source and the DetailType of the events"),
		wrong(s.Bus != "" && !isName(s.Bus, "-_./"), "the name of the Bus %q is made of other characters than letters, digits, and - _ . /", s.Bus),
	)
	paths := slices.Sorted(maps.Keys(s.Detail))
	for i, path := range paths {
		for name := range strings.SplitSeq(path, ".") {
			problem = first(problem, wrong(!isName(name, "_-") || name[0] <= '9',
				"Detail has the path %q: want names of letters, digits, - and _, with dots between them; what else is to be checked, If can say", path))
		}
		problem = first(problem,
			wrong(len(s.Detail[path]) == 0, "Detail has no value for %q", path),
			wrong(i > 0 && strings.HasPrefix(path, paths[i-1]+"."), "Detail has both %q and %q, of which one lies in the other", paths[max(i-1, 0)], path))
	}
	return problem
}

// Timer takes the ticks of a scheduled rule of EventBridge, or of a schedule of
// EventBridge Scheduler: events.EventBridgeEvent. A function that has nothing to do
// with AWS is better a [Schedule], which runs on every host.
type Timer struct {
	// Rule is the name of the rule, or of the schedule.
	Rule string
	// Expression says when, as AWS writes it: "rate(5 minutes)", "cron(0 6 * * ? *)".
	Expression string
}

// Service implements [Source].
func (Timer) Service() string { return "EventBridge" }

// Event implements [Source].
func (s Timer) Event() string { return "aws.schedule/" + s.Rule }

// Filter implements [Source].
func (Timer) Filter() string { return "" }

// Check implements [Source].
func (s Timer) Check() error {
	kind, rest, _ := strings.Cut(s.Expression, "(")
	inside, closed := strings.CutSuffix(rest, ")")
	parts := map[string]int{"rate": 2, "cron": 6}[kind]
	return first(
		wrong(!isName(s.Rule, "-_."), "Timer needs the name of a Rule: letters, digits, and - _ ."),
		wrong(parts == 0 || !closed || len(strings.Fields(inside)) != parts,
			`Timer has the Expression %q: want "rate(5 minutes)", or six fields such as "cron(0 6 * * ? *)"`, s.Expression),
	)
}
