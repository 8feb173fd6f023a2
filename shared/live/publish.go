package live

import (
	"context"
	"encoding/json"
	"fmt"

	"switchyard/shared/db"
)

// Topic is what a message is about, and who may hear of it: a kind and an id, "user:8f3…".
type Topic string

// User returns the topic of a user: what happens to what is theirs.
func User(id string) Topic { return TopicOf("user", id) }

// TopicOf returns the topic of something else: TopicOf("room", "42").
func TopicOf(kind, id string) Topic { return Topic(kind + ":" + id) }

// channel is where publishers wake those who listen. The messages themselves are in the log:
// so none is too long, and none is lost while nobody listens.
const channel = "switchyard_live"

// publish wakes readers unless another transaction is about to: one that notifies keeps all others
// that do so, in all databases of the server, from being committed until it is. Messages of those
// that do not are read along, since who has been woken looks again for a while.
const publish = `WITH message AS (INSERT INTO live_message (topic, name, data) VALUES ($1, $2, $3::text::json) RETURNING 1)
	SELECT pg_notify('` + channel + `', '') FROM message WHERE pg_try_advisory_xact_lock(hashtextextended('` + channel + `', 0))`

// Publish tells all who subscribe to topic that something called name has happened; data is
// sent to them as JSON. With a transaction as q, they hear of it once that is committed, or
// never; with a [db.DB], at once. Messages of one topic are delivered in the order in which
// they were published, as far as one transaction came after the other.
func Publish(ctx context.Context, q db.Querier, topic Topic, name string, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("live: data of %s: %w", name, err)
	}
	if _, err := q.Exec(ctx, publish, string(topic), name, string(encoded)); err != nil {
		return fmt.Errorf("live: publish %s: %w", name, err)
	}
	return nil
}
