package record_test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"switchyard/router/internal/lambda/record"
)

// aggregate is a record of the Kinesis Producer Library that holds these partition keys and
// data, in turn, with more in it.
func aggregate(more []byte, keysAndData ...string) []byte {
	var message []byte
	field := func(b []byte, number protowire.Number, value []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), value)
	}
	for i := 0; i < len(keysAndData); i += 2 {
		message = field(message, 1, []byte(keysAndData[i]))
	}
	message = field(message, 2, []byte("123")) // explicit_hash_key_table
	for i := 1; i < len(keysAndData); i += 2 {
		r := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(i/2))
		r = protowire.AppendVarint(protowire.AppendTag(r, 2, protowire.VarintType), 0)
		r = field(r, 3, []byte(keysAndData[i]))
		r = field(r, 4, field(nil, 1, []byte("a tag")))
		message = field(message, 3, r)
	}
	return sealed(append(message, more...))
}

// sealed puts a message between the magic bytes and the checksum.
func sealed(message []byte) []byte {
	sum := md5.Sum(message)
	return append(append([]byte("\xf3\x89\x9a\xc2"), message...), sum[:]...)
}

// aggregated is a batch of Kinesis with one record that has this data.
func aggregated(data []byte) string {
	return list(strings.Replace(kinesis, "eA==", base64.StdEncoding.EncodeToString(data), 1))
}

func TestAggregates(t *testing.T) {
	t.Parallel()
	o := outlet{bad: map[string]bool{"shardId-0:7/1": true, "shardId-0:7/2": true}}
	answer, ok, err := o.handle(t, aggregated(aggregate(nil, "p", "one", "q", "two", "q", "three", "p", "\xff\x00")))
	if !ok || err != nil || answer != failures("7") {
		t.Fatalf("answered %s, %t, %v: want the one record by its number, once", answer, ok, err)
	}
	at := time.Unix(1700000000, 25e7)
	var want []record.Record
	for i, user := range [][2]string{0: {"p", "one"}, 3: {"p", "\xff\x00"}} {
		if user[0] == "" {
			continue
		}
		want = append(want, record.Record{
			Source: "arn:aws:kinesis:us-east-1:1:stream/clicks", ID: fmt.Sprintf("shardId-0:7/%d", i),
			Name: "aws.kinesis/clicks", Key: "aws.kinesis/clicks/" + user[0], Time: at,
		})
		var r events.KinesisEventRecord
		data := o.taken[len(want)-1].Data
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		if string(r.Kinesis.Data) != user[1] || r.Kinesis.PartitionKey != user[0] || r.Kinesis.SequenceNumber != "7" ||
			r.EventID != want[len(want)-1].ID || !r.Kinesis.ApproximateArrivalTimestamp.Equal(at) {
			t.Errorf("got %s", data)
		}
		want[len(want)-1].Data = data
	}
	if diff := cmp.Diff(want, o.taken); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The records in one come in their order, among others, and a time again with the same ids.
func TestAggregatesInOrder(t *testing.T) {
	t.Parallel()
	plain := strings.ReplaceAll(kinesis, "shardId-0:7", "shardId-0:8")
	batch := strings.TrimSuffix(aggregated(aggregate(nil, "p", "a", "p", "b", "p", "c")), "]}") + "," + plain + "]}"
	var o outlet
	for range 2 {
		if answer, _, err := o.handle(t, batch); err != nil || answer != failures() {
			t.Fatalf("%s, %v", answer, err)
		}
	}
	want := []string{"shardId-0:7/0", "shardId-0:7/1", "shardId-0:7/2", "shardId-0:8"}
	if diff := cmp.Diff([][]string{want, want}, o.batches); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A malformed aggregate is a plain record, as is one of another kind.
func TestPlainRecords(t *testing.T) {
	t.Parallel()
	good := aggregate(nil, "p", "a")
	changed := append([]byte{}, good...)
	changed[6] ^= 1
	for name, data := range map[string][]byte{
		"empty":                   {},
		"magic alone":             good[:4],
		"cut off":                 good[:len(good)-1],
		"changed":                 changed,
		"no magic":                append([]byte{0}, good...),
		"no records":              sealed(nil),
		"no protobuf":             sealed([]byte("\xff\xff\xff")),
		"a key that is not there": sealed([]byte("\x1a\x04\x08\x00\x1a\x00")),
		"no data":                 sealed([]byte("\x0a\x01p\x1a\x02\x08\x00")),
		"no index":                sealed([]byte("\x0a\x01p\x1a\x02\x1a\x00")),
		"data of a number":        sealed([]byte("\x0a\x01p\x1a\x04\x08\x00\x18\x00")),
		"a cut field":             aggregate([]byte("\x1a\x7f"), "p", "a"),
		"a cut group":             aggregate([]byte("\x2b"), "p", "a"),
	} {
		var o outlet
		payload := aggregated(data)
		if answer, ok, err := o.handle(t, payload); !ok || err != nil || answer != failures() || len(o.taken) != 1 ||
			o.taken[0].ID != "shardId-0:7" || !strings.Contains(payload, string(o.taken[0].Data)) {
			t.Errorf("%s: %s, %t, %v, published %+v", name, answer, ok, err, o.taken)
		}
	}
	// Fields that are not known are no mistake, of whatever type.
	more := protowire.AppendFixed64(protowire.AppendTag(nil, 9, protowire.Fixed64Type), 1)
	var o outlet
	if _, _, err := o.handle(t, aggregated(aggregate(more, "p", "", "q", "b"))); err != nil || len(o.taken) != 2 {
		t.Errorf("with more fields: %v, published %+v", err, o.taken)
	}
}

// Whatever data a record has, it is one event or several, none of them lost.
func FuzzAggregates(f *testing.F) {
	for _, message := range [][]byte{nil, aggregate(nil, "p", "a", "q", "b")[4:], []byte("\x0a\x01p\x1a\x04\x08\x00\x1a\x00")} {
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		var o outlet
		answer, ok, err := o.handle(t, aggregated(sealed(message)))
		if !ok || err != nil || answer != failures() || len(o.taken) == 0 {
			t.Fatalf("%s, %t, %v, published %d", answer, ok, err, len(o.taken))
		}
		for i, r := range o.taken {
			var k events.KinesisEventRecord
			if err := json.Unmarshal(r.Data, &k); err != nil || k.EventID != r.ID || r.ID != "shardId-0:7" && r.ID != fmt.Sprintf("shardId-0:7/%d", i) {
				t.Errorf("published %+v: %v", r, err)
			}
		}
	})
}
