package record_test

import (
	"fmt"
	"strings"
	"testing"
)

// messages are n records of a source that fit its sample, with the ids 0, 1 and so on.
func messages(sample string, n int) string {
	var all []string
	for i := range n {
		record := strings.NewReplacer(
			`"m1"`, fmt.Sprintf(`"%d"`, i), `"m2"`, fmt.Sprintf(`"%d"`, i),
			`"shardId-0:7"`, fmt.Sprintf(`"%d"`, i), `"sequenceNumber":"7"`, fmt.Sprintf(`"sequenceNumber":"%d"`, i),
			`"d1"`, fmt.Sprintf(`"%d"`, i), `"SequenceNumber":"9"`, fmt.Sprintf(`"SequenceNumber":"%d"`, i),
		).Replace(sample)
		all = append(all, record)
	}
	return list(all...)
}

func failures(ids ...string) string {
	answer := `{"batchItemFailures":[`
	for i, id := range ids {
		if i > 0 {
			answer += ","
		}
		answer += `{"itemIdentifier":"` + id + `"}`
	}
	return answer + "]}"
}

// The answer names exactly the records that were not published.
func TestPartialBatches(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sample string
		bad    string // ids, with spaces between them
		down   int
		answer string
		taken  string
		told   int
		err    string
	}{
		"all":                       {sample: sqs, answer: failures(), taken: "0 1 2 3"},
		"one of a queue":            {sample: sqs, bad: "1", answer: failures("1"), taken: "0 2 3", told: 1},
		"some of a queue":           {sample: sqs, bad: "0 3", answer: failures("0", "3"), taken: "1 2", told: 2},
		"all of a queue":            {sample: sqs, bad: "0 1 2 3", answer: failures("0", "1", "2", "3"), told: 4},
		"one of a FIFO queue":       {sample: fifo, bad: "1", answer: failures("1"), taken: "0 2 3", told: 1},
		"the first of a FIFO queue": {sample: fifo, bad: "0 2", answer: failures("0", "2"), taken: "1 3", told: 2},
		"the last of a FIFO queue":  {sample: fifo, bad: "3", answer: failures("3"), taken: "0 1 2", told: 1},
		"one of a stream":           {sample: kinesis, bad: "2", answer: failures("2"), taken: "0 1 3", told: 1},
		"one change of a table":     {sample: dynamo, bad: "1", answer: failures("1"), taken: "0 2 3", told: 1},
		"the database is down":      {sample: sqs, down: 1, err: "the database is down"},
		"it goes down on the way":   {sample: sqs, bad: "3", down: 3, answer: failures("2", "3"), taken: "0 1", told: 1},
		"of a stream too":           {sample: kinesis, bad: "3", down: 4, answer: failures("2", "3"), taken: "0 1", told: 1},
		"after one that is wrong":   {sample: kinesis, bad: "0", down: 5, answer: failures("0", "2", "3"), taken: "1", told: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := outlet{bad: map[string]bool{}, down: tt.down}
			for id := range strings.FieldsSeq(tt.bad) {
				o.bad[id] = true
			}
			answer, ok, err := o.handle(t, messages(tt.sample, 4))
			if !ok || (err != nil) != (tt.err != "") || err != nil && err.Error() != tt.err {
				t.Fatalf("got %t, %v", ok, err)
			}
			var taken []string
			for _, r := range o.taken {
				taken = append(taken, r.ID)
			}
			if answer != tt.answer || strings.Join(taken, " ") != tt.taken || len(o.told) != tt.told {
				t.Errorf("answered %s, published %s, told %q", answer, taken, o.told)
			}
		})
	}
}

// A record that can never be an event keeps none back: what is behind it in a stream or
// in a FIFO queue comes again, and is the same event then.
func TestPoison(t *testing.T) {
	t.Parallel()
	for _, sample := range []string{kinesis, dynamo, fifo} {
		o := outlet{bad: map[string]bool{"0": true}}
		for range 3 {
			if answer, _, err := o.handle(t, messages(sample, 100)); err != nil || answer != failures("0") {
				t.Errorf("answered %s, %v", answer, err)
			}
		}
		if len(o.taken) != 3*99 || len(o.told) != 3 || !strings.Contains(o.told[0], "publish the record 0 of arn:aws:") {
			t.Errorf("%d published, told %q", len(o.taken), o.told)
		}
	}
}

// What is wrong with a few of many is found by few attempts.
func TestAttempts(t *testing.T) {
	t.Parallel()
	o := outlet{bad: map[string]bool{"700": true}}
	answer, _, err := o.handle(t, messages(sqs, 1000))
	if err != nil || answer != failures("700") || len(o.taken) != 999 || len(o.batches) > 25 {
		t.Errorf("%s, %v, %d published in %d attempts", answer, err, len(o.taken), len(o.batches))
	}
}

// What is not read in batches that can fail in part fails as a whole.
func TestWholes(t *testing.T) {
	t.Parallel()
	for name, payload := range map[string]string{"sns": list(sns), "s3": list(s3, tiering), "eventbridge": bridge} {
		o := outlet{down: 1}
		if answer, ok, err := o.handle(t, payload); !ok || err == nil || answer != "" && answer != "null" {
			t.Errorf("%s: got %q, %t, %v", name, answer, ok, err)
		}
	}
}

// A source that is read in windows gets its state back.
func TestWindows(t *testing.T) {
	t.Parallel()
	const window = `"window":{"start":"2020-07-30T17:00:00Z","end":"2020-07-30T17:05:00Z"},"state":{"1":"x"}`
	want := `{"state":{"1":"x"},"batchItemFailures":[]}`
	for name, payload := range map[string]string{
		"with a record": `{"Records":[` + kinesis + `],` + window + `}`,
		"the last":      `{"Records":[],` + window + `,"isFinalInvokeForWindow":true,"eventSourceARN":"arn:aws:kinesis:us-east-1:1:stream/clicks"}`,
	} {
		var o outlet
		if answer, ok, err := o.handle(t, payload); !ok || err != nil || answer != want {
			t.Errorf("%s: got %s, %t, %v", name, answer, ok, err)
		}
	}
}

// What is no record of a known source is somebody else's, and what says it is one has
// to be one.
func TestOthers(t *testing.T) {
	t.Parallel()
	for payload, known := range map[string]bool{
		``:                                   false,
		`null`:                               false,
		`[]`:                                 false,
		`{}`:                                 false,
		`{"Records":[]}`:                     false,
		`{"Records":[null]}`:                 false,
		`{"Records":[1]}`:                    false,
		`{"Records":{"eventSource":"x"}}`:    false,
		list(`{"eventSource":"aws:ses"}`):    false,
		`{"version":"2.0","rawPath":"/"}`:    false,
		`{"switchyard":"sweep"}`:             false,
		`{"detail-type":"x"}`:                false,
		`{"detail-type":"x","source":"y"}`:   true, // without an id
		list(`{"eventSource":"aws:sqs"}`):    true,
		list(sqs, `{}`):                      true,
		list(sqs, `"x"`):                     true,
		list(s3, `{"eventSource":"aws:s3"}`): true,
		list(`{"eventSource":"aws:sqs","messageId":1}`):                                               true,
		list(`{"eventSource":"aws:sqs","messageId":"1","eventSourceARN":"arn:aws:sqs:us-east-1:1:"}`): true,
	} {
		var o outlet
		_, ok, err := o.handle(t, payload)
		if ok != known || (err != nil) != known || len(o.batches) > 0 {
			t.Errorf("%s: got %t, %v, published %v", payload, ok, err, o.batches)
		}
	}
}

// The group of a message in a queue that keeps no order is no order; a long key is as
// good as a short one.
func TestKeys(t *testing.T) {
	t.Parallel()
	var o outlet
	for _, sample := range []string{sqs, fifo, strings.Replace(fifo, `"g"`, `"`+strings.Repeat("g", 1000)+`"`, 1)} {
		if _, _, err := o.handle(t, list(sample)); err != nil {
			t.Fatal(err)
		}
	}
	if o.taken[0].Key != "" || o.taken[1].Key != "aws.sqs/orders.fifo/g" ||
		!strings.HasPrefix(o.taken[2].Key, "aws.sqs/orders.fifo/sha256:") || len(o.taken[2].Key) > 100 {
		t.Errorf("got %q, %q and %q", o.taken[0].Key, o.taken[1].Key, o.taken[2].Key)
	}
}
