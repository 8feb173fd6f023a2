package times

import (
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

// inngestCron is Inngest's.
func inngestCron() cron.Parser {
	return cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
}

// What is accepted here is accepted by Inngest, and comes some day; what is refused is
// refused there, or never comes.
func TestCronAgreesWithInngest(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		"* * * * *", "0 6 * * *", "*/15 8-18 * * MON-FRI", "0 0 1,15 * *", "0 0 ? * 0", "5/10 * * * *", "1-9/3 * * jan,Dec sun",
		"TZ=Europe/Berlin 30 2 * * *", "CRON_TZ=UTC 0 6 * * *", "TZ=UTC  0 6\t* * *", "0 0 29 2 *", "0 0 31 */2 *", "0 0 30 2-3 *",
		"0 0 31 2 1", "0 0 31 2 */2", // either the day of the month or that of the week
		"", "*", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 7",
		"*/0 * * * *", "5-1 * * * *", "a * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "-1 * * * *", "* * * * MON-7", "* * L * *",
		"@daily", "@nightly", "@every 1h", "TZ=Europe/Pari 0 6 * * *", "ZONE=UTC 0 6 * * *", " TZ=UTC 0 6 * * *",
		"0 0 31 2 *", "0 0 30,31 FEB ?", "0 0 31 4,6,9,11 *", "TZ=Europe/Berlin 0 0 30 2 *",
	} {
		schedule, err := inngestCron().Parse(expression)
		comes := err == nil && !schedule.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero()
		if problem := CronProblem(expression); (problem == "") != comes {
			t.Errorf("%q: got %q; Inngest says %v, and that it comes: %t", expression, problem, err, comes)
		}
	}
}

// What docs/functions.md says of the two nights in which a zone changes its clocks.
func TestClockChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ expression, from, want string }{
		{"TZ=Europe/Berlin 30 2 * * *", "2026-03-28T12:00:00Z", "30T02:30+02 31T02:30+02"},             // not on the 29th
		{"TZ=Europe/Berlin 30 2 * * *", "2026-10-24T12:00:00Z", "25T02:30+02 25T02:30+01 26T02:30+01"}, // twice on the 25th
		{"TZ=Europe/Berlin 30 1 * * *", "2026-03-28T12:00:00Z", "29T01:30+01 30T01:30+02 31T01:30+02"},
		{"TZ=Europe/Berlin 0 3 * * *", "2026-10-24T12:00:00Z", "25T03:00+01 26T03:00+01 27T03:00+01"},
		{"TZ=Europe/Berlin 0 * * * *", "2026-03-29T00:30:00Z", "29T03:00+02 29T04:00+02 29T05:00+02"},
		{"TZ=America/New_York 0 2 * * *", "2026-03-07T12:00:00Z", "09T02:00-04 10T02:00-04"},
		{"30 2 * * *", "2026-03-28T12:00:00Z", "29T02:30+00 30T02:30+00 31T02:30+00"},
	} {
		schedule, err := inngestCron().Parse(tt.expression)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		zone := time.UTC
		if name, ok := strings.CutPrefix(strings.Fields(tt.expression)[0], "TZ="); ok {
			if zone, err = time.LoadLocation(name); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for range strings.FieldsSeq(tt.want) {
			at = schedule.Next(at)
			got = append(got, at.In(zone).Format("02T15:04-07"))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s after %s: got %s, want %s", tt.expression, tt.from, s, tt.want)
		}
	}
}

func TestTimers(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]bool{
		"rate(1 minute)": true, "rate(1 minutes)": false, "rate(1 days)": false, "rate(2 day)": false, "rate(1 hour)": true, "rate(5 hours)": true, "rate(7 days)": true,
		"rate(0 days)": false, "rate(x days)": false, "rate(1 week)": false, "rate(-1 day)": false,
		"cron(0 6 * * ? *)": true, "cron(0/15 8-18 ? * MON-FRI *)": true, "cron(0 6 L * ? *)": true, "cron(0 6 15W * ? 2027-2030)": true,
		"cron(0 6 ? * 6#3 *)": true, "cron(0 6 ? * FRIL *)": true, "cron(0 6 1,L-2 * ? *)": true, "cron(0 6 29 2 ? *)": true,
		"cron(0 6 * * * *)": false, "cron(0 6 ? * ? *)": false, "cron(? 6 * * ? *)": false, "cron(0 6 31 2 ? *)": false,
		"cron(60 6 * * ? *)": false, "cron(0 6 ? * 0 *)": false, "cron(0 6 ? * 6#6 *)": false, "cron(0 6 * * ? 1969)": false,
	} {
		if got := TimerProblem(expression); (got == "") != want {
			t.Errorf("%s: got %q, want that it is accepted: %t", expression, got, want)
		}
	}
}
