package record

import (
	"bytes"
	"crypto/md5" //nolint:gosec // it is the checksum of the format, and proves nothing
	"encoding/json"
	"maps"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// The Kinesis Producer Library puts many records of its users into one record of the
// stream: four bytes, an AggregatedRecord in protobuf, and the MD5 of that. See
// https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md

// magic holds the four bytes that such a record begins with.
const magic = "\xf3\x89\x9a\xc2"

// maxAggregated bounds the records in one aggregate. KPL itself bounds its size alone; if
// there were more records in it, each would be smaller than any that somebody would send.
const maxAggregated = 50_000

// userRecord is one record of an aggregate.
type userRecord struct {
	partitionKey string
	data         []byte
}

// disaggregate returns the records that data holds; nil if it is no such aggregate, or a
// malformed one.
func disaggregate(data []byte) []userRecord {
	message, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok || len(message) < md5.Size {
		return nil
	}
	message, sum := message[:len(message)-md5.Size], message[len(message)-md5.Size:]
	if want := md5.Sum(message); !bytes.Equal(sum, want[:]) { //nolint:gosec // see above
		return nil
	}
	var keys, records [][]byte
	ok = fields(message, func(number protowire.Number, value []byte, _ uint64) {
		switch int(number) {
		case 1: // partition_key_table
			keys = append(keys, value)
		case 3:
			records = append(records, value)
		}
	})
	if !ok || len(records) > maxAggregated {
		return nil
	}
	all := make([]userRecord, 0, len(records))
	for _, r := range records {
		u, ok := readUserRecord(r, keys)
		if !ok {
			return nil
		}
		all = append(all, u)
	}
	return all
}

// readUserRecord reads a Record, whose partition key stands in the table.
func readUserRecord(message []byte, keys [][]byte) (u userRecord, ok bool) {
	index, hasData := uint64(len(keys)), false
	ok = fields(message, func(number protowire.Number, value []byte, n uint64) {
		switch {
		case number == 1 && value == nil: // partition_key_index
			index = n
		case number == 3 && value != nil:
			u.data, hasData = value, true
		}
	})
	if !ok || !hasData || index >= uint64(len(keys)) {
		return userRecord{}, false
	}
	u.partitionKey = string(keys[index])
	return u, true
}

// fields calls visit with each field of a message: with its bytes, which are not nil, or
// with its number. It reports whether the message is well formed, and of no other types.
func fields(message []byte, visit func(number protowire.Number, value []byte, n uint64)) bool {
	for len(message) > 0 {
		number, kind, length := protowire.ConsumeTag(message)
		if length < 0 {
			return false
		}
		message = message[length:]
		switch kind { //nolint:exhaustive // what no field that is read is of is left out
		case protowire.VarintType:
			var n uint64
			if n, length = protowire.ConsumeVarint(message); length >= 0 {
				visit(number, nil, n)
			}
		case protowire.BytesType:
			var value []byte
			if value, length = protowire.ConsumeBytes(message); length >= 0 {
				visit(number, value, 0)
			}
		default:
			length = protowire.ConsumeFieldValue(number, kind, message)
		}
		if length < 0 {
			return false
		}
		message = message[length:]
	}
	return true
}

// apart returns the records that a record of a stream holds, each in the form that AWS
// would have sent it in; nil if it is a plain one. Its id is that of the whole, a slash
// and its place.
func apart(raw json.RawMessage) ([]json.RawMessage, error) {
	var r struct {
		ID      string `json:"eventID"`
		Kinesis struct {
			Data []byte `json:"data"`
		} `json:"kinesis"`
	}
	// Whoever reads it as a plain one says what is wrong with it.
	readable := json.Unmarshal(raw, &r) == nil && r.ID != ""
	users := disaggregate(r.Kinesis.Data)
	if !readable || len(users) == 0 {
		return nil, nil
	}
	var whole, kinesis map[string]json.RawMessage
	if err := json.Unmarshal(raw, &whole); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(whole["kinesis"], &kinesis); err != nil {
		return nil, err
	}
	all := make([]json.RawMessage, len(users))
	for i, u := range users {
		id := r.ID + "/" + strconv.Itoa(i)
		inner, err := with(kinesis, map[string]any{"data": u.data, "partitionKey": u.partitionKey})
		if err == nil {
			all[i], err = with(whole, map[string]any{"kinesis": inner, "eventID": id})
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// with returns the object with other values for some of its members.
func with(object map[string]json.RawMessage, values map[string]any) (json.RawMessage, error) {
	object = maps.Clone(object)
	for name, value := range values {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		object[name] = text
	}
	return json.Marshal(object)
}
