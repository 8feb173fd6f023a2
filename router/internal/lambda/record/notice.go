package record

import (
	"encoding/json"
	"strings"
	"time"
)

// readS3 reads what has happened to an object. Such a record has no id: it is known by
// the object, its version, and the sequencer, which no two changes of a key share.
func readS3(raw json.RawMessage) (item, error) {
	var r struct {
		Event string    `json:"eventName"`
		Time  time.Time `json:"eventTime"`
		S3    struct {
			Bucket struct {
				Name string `json:"name"`
			} `json:"bucket"`
			Object struct {
				Key       string `json:"key"`
				Version   string `json:"versionId"`
				Sequencer string `json:"sequencer"`
			} `json:"object"`
		} `json:"s3"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return item{}, err
	}
	bucket, object := r.S3.Bucket.Name, r.S3.Object
	i := item{Record: Record{Source: "arn:aws:s3:::" + bucket, Time: r.Time}}
	if bucket != "" {
		i.Name = "aws.s3/" + bucket
	}
	if r.Event == "" || object.Key == "" {
		return i, nil // without an id, which is what is wrong with it
	}
	when := object.Sequencer
	if when == "" { // as with a lifecycle's transitions
		when = r.Time.Format(time.RFC3339Nano)
	}
	i.ID = strings.Join([]string{r.Event, object.Key, object.Version, when}, "\n")
	return i, nil
}

// readEvent reads an event of EventBridge. Those of a scheduled rule, or of a schedule
// of EventBridge Scheduler, are called by the rule's or the schedule's name: all of them
// have the same source and type.
func readEvent(raw json.RawMessage) (item, error) {
	var e struct {
		ID        string    `json:"id"`
		Type      string    `json:"detail-type"`
		Source    string    `json:"source"`
		Account   string    `json:"account"`
		Region    string    `json:"region"`
		Time      time.Time `json:"time"`
		Resources []string  `json:"resources"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return item{}, err
	}
	i := item{Record: Record{Source: "arn:aws:events:" + e.Region + ":" + e.Account, ID: e.ID, Time: e.Time}}
	i.Name = "aws.events/" + e.Source + "/" + e.Type
	if e.Type == "Scheduled Event" && (e.Source == "aws.events" || e.Source == "aws.scheduler") && len(e.Resources) > 0 {
		i.Name = "aws.schedule/" + last(e.Resources[0])
	}
	return i, nil
}
