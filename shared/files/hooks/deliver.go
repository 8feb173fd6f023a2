package hooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth/standing"
	"switchyard/shared/fault"
	"switchyard/shared/outgoing"
	"switchyard/shared/outgoing/webhook"
)

// maxWait bounds what a receiver can ask for by Retry-After.
const maxWait = 24 * time.Hour

// parcel is a delivery that waits, with what it takes to send it.
type parcel struct {
	id, hook    uuid.UUID
	owner, url  string
	body        []byte
	secret, old []byte // sealed; old is nil if there is none, or its time has passed
	disabled    bool
	banned      bool // its owner is
}

// off reports whether the webhook is told nothing.
func (p parcel) off() bool { return p.disabled || p.banned }

// Deliver tries a delivery that waits, and returns how long to wait before the next attempt:
// about next, or as long as the receiver asks for if that is longer. It returns 0 if the
// delivery has ended: it was delivered, or next is 0, or there is nothing to deliver. A receiver
// that does not answer is no error; an error is about this side.
func (s *Store) Deliver(ctx context.Context, id uuid.UUID, next time.Duration) (wait time.Duration, err error) {
	p, err := s.parcel(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("hooks: deliver %s: %w", id, err)
	}
	a, header, failure := s.try(ctx, p)
	r := result{parcel: p, attempt: a, state: Failed, blameless: p.banned || errors.Is(failure, outgoing.ErrBusy)}
	switch {
	case a.Status >= 200 && a.Status <= 299:
		r.state = Delivered
	case a.Status == http.StatusGone:
		r.disabled = Gone
	case next > 0 && !p.off():
		r.state, r.wait = Waiting, max(jitter(next), retryAfter(header))
	}
	if err := s.record(ctx, r); err != nil {
		return 0, fmt.Errorf("hooks: deliver %s: %w", id, err)
	}
	return r.wait, nil
}

// findParcel reads the delivery $1 if it waits.
const findParcel = `SELECT hook.id, owner.id, hook.url, convert_to(d.body, 'UTF8'), hook.secret,
		CASE WHEN hook.old_until > now() THEN hook.old_secret END, hook.disabled IS NOT NULL, owner.standing = '` + standing.Banned + `'
	FROM webhook_delivery AS d JOIN webhook AS hook ON hook.id = d.webhook JOIN ` + standing.Users + ` AS owner ON owner.id = hook.owner
	WHERE d.id = $1 AND d.state = 'waiting'`

func (s *Store) parcel(ctx context.Context, id uuid.UUID) (parcel, error) {
	p := parcel{id: id}
	err := s.db.QueryRow(ctx, s.names.SQL(findParcel), id).
		Scan(&p.hook, &p.owner, &p.url, &p.body, &p.secret, &p.old, &p.disabled, &p.banned)
	return p, err
}

// try sends the parcel once. The header is that of the answer; without one, failure says why.
func (s *Store) try(ctx context.Context, p parcel) (a Attempt, header http.Header, failure error) {
	a.At = time.Now().UTC()
	answer, err := s.send(ctx, p, a.At)
	a.Took = time.Since(a.At).Round(time.Millisecond)
	if err != nil {
		a.Problem = fault.Of(err).Message
		return a, nil, err
	}
	a.Status, a.Answer = answer.Status, excerpt(answer.Body)
	return a, answer.Header, nil
}

func (s *Store) send(ctx context.Context, p parcel, at time.Time) (outgoing.Answer, error) {
	switch {
	case p.banned:
		return outgoing.Answer{}, fault.New(fault.Conflict, "This was not sent: the account whose webhook it is was banned.")
	case p.disabled:
		return outgoing.Answer{}, fault.New(fault.Conflict, "The webhook was turned off.")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return outgoing.Answer{}, fault.New(fault.Invalid, "The URL cannot be called.").Because(err)
	}
	secrets, err := s.secrets(p)
	if err != nil {
		return outgoing.Answer{}, fault.New(fault.Internal, "The secret cannot be read any more. Make a new one.").Because(err)
	}
	if err := webhook.Sign(r.Header, p.id.String(), at, p.body, secrets...); err != nil {
		return outgoing.Answer{}, err
	}
	r.Header.Set("User-Agent", "switchyard-webhooks")
	return s.calls.Do(r)
}

// secrets returns what the parcel is signed with.
func (s *Store) secrets(p parcel) ([]string, error) {
	secret, err := s.box.Open(sealedFor(p.hook), p.secret)
	if err != nil {
		return nil, err
	}
	if p.old == nil {
		return []string{secret}, nil
	}
	old, err := s.box.Open(sealedFor(p.hook), p.old)
	if err != nil { // it was sealed with a key that is not used any more
		return []string{secret}, nil //nolint:nilerr // the new one is enough
	}
	return []string{secret, old}, nil
}

// excerpt returns how a body begins, as text that the database can hold.
func excerpt(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), MaxAnswer)]), "�")
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' {
			return ' '
		}
		return c
	}, text))
}

// jitter returns up to a tenth more than d, in whole seconds, so that what failed together is
// not tried again together.
func jitter(d time.Duration) time.Duration {
	return (d + rand.N(d/10+1)).Truncate(time.Second) //nolint:gosec // no secret
}

// retryAfter returns how long the header of an answer asks to wait; 0 if it does not.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return max(0, min(time.Duration(seconds), maxWait/time.Second)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, min(time.Until(at).Round(time.Second), maxWait))
	}
	return 0
}

// result is what came of an attempt.
type result struct {
	parcel
	attempt  Attempt
	state    State
	disabled Disabled // why the webhook is from now on; "" if it stays as it is
	wait     time.Duration
	// blameless is an attempt that failed and says nothing of the webhook.
	blameless bool
}

// record writes the result, unless the delivery has ended meanwhile.
func (s *Store) record(ctx context.Context, r result) error {
	attempt, err := r.attempt.list()
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM webhook WHERE id = $1 FOR NO KEY UPDATE`, r.hook); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE webhook_delivery SET state = $2, attempts = (
				SELECT jsonb_agg(a ORDER BY nr) FROM (
					SELECT a, nr FROM jsonb_array_elements(attempts || $3::jsonb) WITH ORDINALITY AS e (a, nr) ORDER BY nr DESC LIMIT $4
				) AS last
			), next_at = CASE WHEN $2 = 'waiting' THEN now() + $5::interval END
			WHERE id = $1 AND state = 'waiting'`, r.id, string(r.state), attempt, MaxAttempts, r.wait)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if err := r.blame(ctx, tx); err != nil {
			return err
		}
		return tell(ctx, tx, r.owner, r.hook)
	})
}

// blame writes down what the result says of the webhook.
func (r result) blame(ctx context.Context, tx pgx.Tx) (err error) {
	switch {
	case r.blameless:
	case r.state == Delivered:
		_, err = tx.Exec(ctx, `UPDATE webhook SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL`, r.hook)
	default:
		// Of those that fail, only one that was tried for days tells whether the webhook is at fault.
		_, err = tx.Exec(ctx, `UPDATE webhook SET failing_since = coalesce(failing_since, $2), disabled = CASE
			WHEN $3 <> '' THEN $3 WHEN $4 AND failing_since < now() - $5::interval THEN 'failing' ELSE disabled END
			WHERE id = $1 AND disabled IS NULL`, r.hook, r.attempt.At, string(r.disabled), r.state == Failed, FailingFor)
	}
	return err
}

// GiveUpLost does [Store.GiveUp] for deliveries that should have been tried before then, and were
// not: the oldest first, at most limit. It returns how many.
func (s *Store) GiveUpLost(ctx context.Context, then time.Time, limit int) (int, error) {
	rows, err := s.db.Query(ctx, `SELECT id FROM webhook_delivery WHERE state = 'waiting' AND coalesce(next_at, created_at) < $1
		ORDER BY coalesce(next_at, created_at) LIMIT $2`, then, limit)
	if err != nil {
		return 0, fmt.Errorf("hooks: give up what was lost: %w", err)
	}
	lost, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return 0, fmt.Errorf("hooks: give up what was lost: %w", err)
	}
	for _, id := range lost {
		if err := s.GiveUp(ctx, id); err != nil {
			return 0, err
		}
	}
	return len(lost), nil
}

// GiveUp ends a delivery that waits, whose job could not be run.
func (s *Store) GiveUp(ctx context.Context, id uuid.UUID) error {
	p, err := s.parcel(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		a := Attempt{At: time.Now().UTC(), Problem: "This was not sent, through no fault of the receiver. Send it again."}
		err = s.record(ctx, result{parcel: p, attempt: a, state: Failed, blameless: true})
	}
	if err != nil {
		return fmt.Errorf("hooks: give up %s: %w", id, err)
	}
	return nil
}
