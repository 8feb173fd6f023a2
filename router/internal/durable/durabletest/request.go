package durabletest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/inngest/inngestgo"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/config"
	"switchyard/shared/db"
)

// Production is a configuration of a service that Inngest reaches at origin.
func Production(t *testing.T) config.Jobs {
	t.Helper()
	jobs := config.Jobs{SigningKey: SigningKey}
	Must(t, jobs.Origin.UnmarshalText([]byte("https://app.example")))
	jobs.Untried = true
	// Nothing listens there.
	Must(t, jobs.BaseURL.UnmarshalText([]byte("http://127.0.0.1:1")))
	return jobs
}

// Sign returns the signature of a body, of some time ago.
func Sign(t *testing.T, key, body string, age time.Duration) string {
	t.Helper()
	signature, err := inngestgo.Sign(t.Context(), time.Now().Add(-age), []byte(key), []byte(body))
	Must(t, err)
	return signature
}

// Call sends a request to a handler.
func Call(t *testing.T, h http.Handler, method, target, body, signature string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if signature != "" {
		req.Header.Set(inngestgo.HeaderKeySignature, signature)
	}
	res := httptest.NewRecorder()
	h.ServeHTTP(res, req)
	return res
}

// LedgerRow is a row of the ledger.
type LedgerRow struct {
	Function, Run, Outcome string
	Due                    time.Duration // from now
}

// LedgerRows returns what the ledger has of the event with this id.
func LedgerRows(t *testing.T, d *db.DB, id string) []LedgerRow {
	t.Helper()
	rows, err := d.Query(t.Context(), `SELECT function, run_id, coalesce(outcome, ''), due_at - now()
		FROM event_run WHERE event_id = $1 ORDER BY function`, id)
	Must(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[LedgerRow])
	Must(t, err)
	return all
}
