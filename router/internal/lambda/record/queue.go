package record

import (
	"encoding/json"
	"strings"
	"time"
)

// readSQS reads a message of a queue. The group of a message orders it in a FIFO queue
// alone; in others it is for a fair share.
func readSQS(raw json.RawMessage) (item, error) {
	var m struct {
		ID         string `json:"messageId"`
		ARN        string `json:"eventSourceARN"`
		Attributes struct {
			Sent  string `json:"SentTimestamp"`
			Group string `json:"MessageGroupId"`
		} `json:"attributes"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return item{}, err
	}
	i := item{id: m.ID}
	i.Source, i.ID, i.Time = m.ARN, m.ID, millis(m.Attributes.Sent)
	i.Name = "aws.sqs/" + resource(m.ARN)
	if strings.HasSuffix(m.ARN, ".fifo") && m.Attributes.Group != "" {
		i.Key = keyOf(i.Name, m.Attributes.Group)
	}
	return i, nil
}

// readSNS reads a notification.
func readSNS(raw json.RawMessage) (item, error) {
	var n struct {
		SNS struct {
			ID    string    `json:"MessageId"`
			Topic string    `json:"TopicArn"`
			Time  time.Time `json:"Timestamp"`
		} `json:"Sns"`
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		return item{}, err
	}
	return item{Record: Record{
		Source: n.SNS.Topic, ID: n.SNS.ID, Name: "aws.sns/" + resource(n.SNS.Topic), Time: n.SNS.Time,
	}}, nil
}
