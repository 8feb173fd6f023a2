package lint

// rule is one of the rules, by its name in comments that allow something.
type rule string

// The rules.
const (
	goRule         rule = "go"
	exitRule       rule = "exit"
	signalRule     rule = "signal"
	processRule    rule = "process"
	variableRule   rule = "variable"
	clientRule     rule = "client"
	sleepRule      rule = "sleep"
	backgroundRule rule = "background"
	fileRule       rule = "file"
	addressRule    rule = "address"
	cronRule       rule = "cron"
	answerRule     rule = "answer"
)

// rules returns all of them.
func rules() []rule {
	return []rule{
		goRule, exitRule, signalRule, processRule, variableRule, clientRule,
		sleepRule, backgroundRule, fileRule, addressRule, cronRule, answerRule,
	}
}

// text follows what breaks the rule: why that may not be, and what to do in its place.
func (r rule) text() string {
	return map[rule]string{
		goRule: "runs beside the call where a panic ends the process and nobody waits for it: " +
			"use fn.Go(ctx, name, func(ctx context.Context) error { … })",
		exitRule: "ends the process, or a goroutine of its host, and with it what others do there: " +
			"return an error",
		signalRule: "takes the signals that tell the router to stop: " +
			"the context of a call ends when it has to",
		processRule: "changes what all functions in the process share: " +
			"keep it for this call, or take a setting of shared/config as a field of Function",
		variableRule: "is shared by all calls at once, and is another one in each process: " +
			"make it a field of a service in shared/ that guards it, keep it in the database, or make it a constant; " +
			"what is made once, by sync.OnceValue",
		clientRule: "may wait for ever for a server that does not answer: " +
			"use http.NewRequestWithContext, and an http.Client with a Timeout",
		sleepRule: "goes on when nobody waits for the call any more: " +
			"use select with case <-time.After(d) and case <-ctx.Done(); in a job, step.Sleep",
		backgroundRule: "lets work go on after the call, which ends with the answer on AWS Lambda: " +
			"use the context of the call; for what may be done later, publish an event that a job runs on",
		fileRule: "keeps something on a disk that the next process does not have: " +
			"use a field of type *bucket.Bucket; for the time of the call, os.CreateTemp or os.MkdirTemp",
		addressRule: "is the address of a proxy: " +
			"take a field of type config.Client, and ask its Trust().Of(r)",
		cronRule: "does something now and then in each process, and in none that is frozen: " +
			"make it a function with Spec fn.Schedule",
		answerRule: "is more than AWS Lambda sends in one answer: " +
			"have a Page with Stream, or put it into the bucket and answer with its URL",
	}[r]
}
