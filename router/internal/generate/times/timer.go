package times

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchyard/internal/lazy"
)

// TimerProblem says what is wrong with the expression of an fn.Timer, whose shape is right; "" if
// nothing is.
//
// Source: "Setting a schedule pattern for scheduled rules" of Amazon EventBridge, and "Schedule
// types" of EventBridge Scheduler. They differ in one thing: a rule must say "1 minute" and
// "2 minutes", and a schedule may say "minute" or "minutes" with any number. Here both have to
// accept the expression.
func TimerProblem(expression string) string {
	kind, inside, _ := strings.Cut(strings.TrimSuffix(expression, ")"), "(")
	fields := strings.Fields(inside)
	if kind == "rate" {
		return rateProblem(fields[0], fields[1])
	}
	if (fields[2] == "?") == (fields[4] == "?") {
		return "want ? for the day of the month or for the day of the week, and not for both, as in cron(0 6 * * ? *)"
	}
	for i, known := range timerFields() {
		items := slices.DeleteFunc(strings.Split(fields[i], ","), func(item string) bool { return isCounted(i, item) })
		if _, ok := known.numbers(strings.Join(items, ",")); len(items) > 0 && !ok || fields[i] == "?" && i != 2 && i != 4 {
			return fmt.Sprintf("has %q for its %s: want numbers from %d to %d, as in 5 or 1-5 or 1,5 or 1/5",
				fields[i], known.name, known.min, known.max)
		}
	}
	if strings.ContainsAny(fields[2], "?LW") {
		return ""
	}
	return neverComes(fields[2], fields[3])
}

func rateProblem(number, unit string) string {
	n, err := strconv.Atoi(number)
	one := strings.TrimSuffix(unit, "s")
	switch {
	case err != nil || n < 1 || one != "minute" && one != "hour" && one != "day":
		return "want a number from 1 and minutes, hours or days, as in rate(5 minutes)"
	case n == 1 && unit != one:
		return fmt.Sprintf("want rate(1 %s), as EventBridge insists", one)
	case n > 1 && unit == one:
		return fmt.Sprintf("want rate(%d %ss), as EventBridge insists", n, one)
	}
	return ""
}

var (
	countedDays     = lazy.Regexp{Source: `^(L|LW|L-[0-9]+|[0-9]+W)$`}
	countedWeekdays = lazy.Regexp{Source: `^([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)?(L|#[1-5])$`}
)

// isCounted reports whether the item of the field i says which day of a month it is: the
// last one, the weekday nearest to the 15th, the third Friday.
func isCounted(i int, item string) bool {
	return i == 2 && countedDays.Get().MatchString(item) || i == 4 && countedWeekdays.Get().MatchString(item)
}

// timerFields are the fields of AWS's expressions, in their order.
func timerFields() []cronField {
	fields := cronFields()
	fields[4].min, fields[4].max = 1, 7
	return append(fields, cronField{"year", 1970, 2199, nil})
}
