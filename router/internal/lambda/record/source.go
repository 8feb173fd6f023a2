package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"switchyard/shared/fault"
)

// source is a kind of event source.
type source struct {
	name    string // as in the names of events
	partial bool   // the answer says which records failed
	read    func(raw json.RawMessage) (item, error)
	// apart returns the records that one holds, nil if it is one itself; nil if no record
	// of this source holds others.
	apart func(raw json.RawMessage) ([]json.RawMessage, error)
}

// sourceOf returns the source that calls itself name in its records, or nil.
func sourceOf(name string) *source {
	switch name {
	case "aws:sqs":
		return &source{"aws.sqs", true, readSQS, nil}
	case "aws:kinesis":
		return &source{"aws.kinesis", true, readKinesis, apart}
	case "aws:dynamodb":
		return &source{"aws.dynamodb", true, readDynamoDB, nil}
	case "aws:sns":
		return &source{"aws.sns", false, readSNS, nil}
	case "aws:s3":
		return &source{"aws.s3", false, readS3, nil}
	case "aws:events":
		return &source{"aws.events", false, readEvent, nil}
	}
	return nil
}

// items reads one record, and those that it holds in its place.
func (s *source) items(raw json.RawMessage) ([]item, error) {
	all := []json.RawMessage{raw}
	if s.apart != nil {
		held, err := s.apart(raw)
		if err != nil {
			return nil, err
		}
		if held != nil {
			all = held
		}
	}
	items := make([]item, len(all))
	for i := range all {
		var err error
		if items[i], err = s.item(all[i]); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// item reads one record that holds no others.
func (s *source) item(raw json.RawMessage) (item, error) {
	i, err := s.read(raw)
	if err != nil {
		return item{}, fault.New(fault.Invalid, "It is not what AWS sends.").Because(err)
	}
	if i.Name == "" || strings.HasSuffix(i.Name, "/") || i.Source == "" || i.ID == "" || s.partial && i.id == "" {
		return item{}, fault.New(fault.Invalid, "It does not say what it is: it has no id, or none of its source.")
	}
	i.Data = raw
	return i, nil
}

// maxKey is the longest part of a key that comes from a record, in bytes: PostgreSQL
// has an index of keys.
const maxKey = 300

// keyOf returns the key of the records of this name that belong together by part.
func keyOf(name, part string) string {
	if len(part) > maxKey {
		sum := sha256.Sum256([]byte(part))
		part = "sha256:" + hex.EncodeToString(sum[:])
	}
	return name + "/" + part
}

// resource returns the part of an ARN that names what it is of: the stream of
// arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/x:1.
func resource(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	name := parts[len(parts)-1]
	if kind, rest, ok := strings.Cut(name, "/"); ok && kind != "" {
		name, _, _ = strings.Cut(rest, "/")
	}
	return name
}

// last returns what follows the last slash of an ARN.
func last(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// serviceOf returns what the records of a source with this ARN say of it.
func serviceOf(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 {
		return ""
	}
	return "aws:" + parts[2]
}

// epoch is a time in seconds since 1970, with a fraction.
type epoch float64

// Time returns it as a time.
func (e epoch) time() time.Time {
	if !(e > 0 && e < 1e11) {
		return time.Time{}
	}
	seconds, fraction := math.Modf(float64(e))
	return time.Unix(int64(seconds), int64(fraction*1e9))
}

// millis returns the time of a number of milliseconds since 1970 in digits; zero if it
// is none.
func millis(digits string) time.Time {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(n)
}
