package fn

import (
	"fmt"
	"time"
)

// Rate bounds how often a client may call. The zero value does not.
//
// A client may make Limit calls at once, and then one more each time that Per/Limit has
// passed (the generic cell rate algorithm, ITU-T I.371). Answers tell how many are left, as
// draft-ietf-httpapi-ratelimit-headers-11 has it:
//
//	RateLimit-Policy: "default";q=60;w=60
//	RateLimit: "default";r=59;t=1
//
// One call too many is answered 429 with Retry-After. If another router calls the function, that
// router counts.
//
// A rate of up to 10 a second is counted over all replicas, through PostgreSQL, if the function
// uses the database anyway, for itself or to admit its callers. Any other rate is counted by
// each replica for itself; so is every rate while the database does not answer.
type Rate struct {
	Limit int           // calls in Per, up to 1,000,000; 0 means no bound
	Per   time.Duration // from 1 s to 24 h. Defaults to 1 minute.
	By    Client        // whose calls are counted together
}

// DefaultPer is the Per of a [Rate] that has a Limit and says no other.
const DefaultPer = time.Minute

// orDefaults returns r with its defaults filled in.
func (r Rate) orDefaults() Rate {
	if r.Limit != 0 {
		r.Per = or(r.Per, DefaultPer)
	}
	return r
}

// Interval is the time after which a client that has used up r may call again.
func (r Rate) Interval() time.Duration { return r.Per / time.Duration(max(1, r.Limit)) }

// String returns r as people read it: "60 in 1m0s by caller".
func (r Rate) String() string { return fmt.Sprintf("%d in %v by %v", r.Limit, r.Per, r.By) }

// Client says whose calls a [Rate] counts together.
type Client int

// Whose calls are counted together.
const (
	ByCaller  Client = iota // of a user, or of a key; of a public function of an address
	ByAddress               // of an address: IPv4, or a network of IPv6 (/64)
)

// String returns the client as listings show it.
func (c Client) String() string { return [...]string{"caller", "address"}[c] }
