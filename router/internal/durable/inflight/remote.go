package inflight

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/signing"
)

const (
	// param is the parameter of the handler's URL that says that somebody asks for runs.
	param = "inflight"

	askTimeout  = time.Minute
	maxQuestion = 16 << 10  // bytes: the ids of a batch take far less
	maxAnswer   = 256 << 20 // bytes: a batch of runs
)

// question is the body of a POST to the handler of Inngest's calls. It is signed as Inngest
// signs its own, which have no such member.
type question struct {
	InFlight *struct {
		IDs []string `json:"ids"` // of runs; none: their shapes
	} `json:"inflight"`
}

// Handler is next, except that it answers the question that a [Router] asks: which runs source
// has. Only those who have the signing key are answered; in development everybody is.
func Handler(next http.Handler, host *durable.Host, source Source) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !r.URL.Query().Has(param) {
			next.ServeHTTP(w, r)
			return
		}
		var q question
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuestion))
		why := ""
		if !host.Dev() && err == nil {
			why = host.Keys().Verify(r.Context(), r.Method, r.Header.Get(inngestgo.HeaderKeySignature), body)
		}
		if err != nil || why != "" || json.Unmarshal(body, &q) != nil || q.InFlight == nil {
			http.Error(w, `{"message":"Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		var found any
		if len(q.InFlight.IDs) == 0 {
			found, err = source.Shapes(r.Context())
		} else {
			found, err = source.Load(r.Context(), q.InFlight.IDs[:min(len(q.InFlight.IDs), batch)])
		}
		if err != nil {
			http.Error(w, `{"message":"the database does not answer"}`, http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(found)
	})
}

// Router is the runs of a running router.
type Router struct {
	Base string // its URL, such as "https://desk.example"
	Key  string // the signing key
}

// Shapes implements [Source].
func (r Router) Shapes(ctx context.Context) (all []Shape, err error) {
	err = r.ask(ctx, nil, &all)
	return all, err
}

// Load implements [Source].
func (r Router) Load(ctx context.Context, ids []string) (all []durable.Recorded, err error) {
	err = r.ask(ctx, ids, &all)
	return all, err
}

func (r Router) ask(ctx context.Context, ids []string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	body, err := json.Marshal(map[string]any{"inflight": map[string]any{"ids": ids}})
	if err != nil {
		return fmt.Errorf("ask for the runs in flight: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(r.Base, "/")+durable.Path+"?"+param, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask for the runs in flight: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(inngestgo.HeaderKeySignature, signing.Sign(r.Key, body, time.Now()))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask for the runs in flight: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized:
		return errors.New("ask for the runs in flight: the router refuses the signature: look at INNGEST_SIGNING_KEY, " +
			"and whether it is of a version that tells of its runs")
	default:
		return fmt.Errorf("ask for the runs in flight: the router answered %s", res.Status)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(answer); err != nil {
		return fmt.Errorf("read the runs in flight: %w", err)
	}
	return nil
}
