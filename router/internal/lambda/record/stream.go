package record

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// readKinesis reads a record of a data stream.
func readKinesis(raw json.RawMessage) (item, error) {
	var r struct {
		ID      string `json:"eventID"`
		ARN     string `json:"eventSourceARN"`
		Kinesis struct {
			Partition string `json:"partitionKey"`
			Sequence  string `json:"sequenceNumber"`
			Arrival   epoch  `json:"approximateArrivalTimestamp"`
		} `json:"kinesis"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return item{}, err
	}
	// Two consumers of a stream get the same records.
	stream, _, _ := strings.Cut(r.ARN, "/consumer/")
	i := item{id: r.Kinesis.Sequence}
	i.Source, i.ID, i.Time = stream, r.ID, r.Kinesis.Arrival.time()
	i.Name = "aws.kinesis/" + resource(r.ARN)
	i.Key = keyOf(i.Name, r.Kinesis.Partition)
	return i, nil
}

// readDynamoDB reads a change of an item of a table.
func readDynamoDB(raw json.RawMessage) (item, error) {
	var r struct {
		ID     string `json:"eventID"`
		ARN    string `json:"eventSourceARN"`
		Change struct {
			Keys     map[string]json.RawMessage `json:"Keys"`
			Sequence string                     `json:"SequenceNumber"`
			Creation epoch                      `json:"ApproximateCreationDateTime"`
		} `json:"dynamodb"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return item{}, err
	}
	i := item{id: r.Change.Sequence}
	i.Source, i.ID, i.Time = r.ARN, r.ID, r.Change.Creation.time()
	i.Name = "aws.dynamodb/" + resource(r.ARN)
	var key bytes.Buffer
	for n, name := range slices.Sorted(maps.Keys(r.Change.Keys)) {
		if n > 0 {
			key.WriteByte(',')
		}
		key.WriteString(name + "=")
		if err := json.Compact(&key, r.Change.Keys[name]); err != nil {
			return item{}, err
		}
	}
	i.Key = keyOf(i.Name, key.String())
	return i, nil
}
