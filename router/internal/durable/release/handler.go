package release

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/inngest/inngestgo"

	"switchyard/router/internal/durable/signing"
)

// Handler is next, except that a PUT, by which Inngest asks for the functions, is
// answered for all services together: the SDK knows those of this process only, and
// Inngest would take the others for removed.
func (r *Registrar) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		signed := req.Header.Get(inngestgo.HeaderKeySignature) != ""
		switch {
		case req.Method == http.MethodPut && signed:
			answer := &recorder{header: w.Header(), status: http.StatusOK}
			next.ServeHTTP(answer, req)
			if err := r.addOtherServices(req.Context(), answer); err != nil {
				r.refuse(w, req, err)
				return
			}
			w.WriteHeader(answer.status)
			_, _ = answer.body.WriteTo(w)
		case req.Method == http.MethodPut && r.host.Dev():
			inngestgo.SetBasicResponseHeaders(w)
			w.Header().Set(inngestgo.HeaderKeySyncKind, inngestgo.SyncKindOutOfBand)
			if err := r.again(req.Context()); err != nil {
				r.refuse(w, req, err)
			}
		default:
			next.ServeHTTP(w, req)
		}
	})
}

func (r *Registrar) refuse(w http.ResponseWriter, req *http.Request, err error) {
	r.log.WarnContext(req.Context(), "Inngest asked for the functions in vain", slog.Any("error", err))
	http.Error(w, `{"message":"the functions of all services are not known"}`, http.StatusServiceUnavailable)
}

// addOtherServices puts the functions of all services into the SDK's answer, if it is one with
// functions, and signs it again.
func (r *Registrar) addOtherServices(ctx context.Context, answer *recorder) error {
	signature := answer.header.Get(inngestgo.HeaderKeySignature)
	if answer.status != http.StatusOK || signature == "" {
		return nil
	}
	body := bytes.TrimSpace(answer.body.Bytes())
	keys := r.host.Keys()
	key := keys.Current
	if ok, _ := inngestgo.ValidateResponseSignature(ctx, signature, []byte(key), body); !ok {
		key = keys.Fallback
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return fmt.Errorf("read the SDK's answer: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	offers, err := offersIn(ctx, r.db)
	if err != nil {
		return err
	}
	stay, err := r.app.Claim(ctx, offers)
	if err != nil {
		return err
	}
	functions, _ := union(r.host.App(), offers, stay)
	if fields["functions"], err = json.Marshal(functions); err != nil {
		return fmt.Errorf("list the functions: %w", err)
	}
	body, err = json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("list the functions: %w", err)
	}
	answer.body.Reset()
	_, _ = answer.body.Write(body)
	answer.header.Set(inngestgo.HeaderKeySignature, signing.Sign(key, body, time.Now()))
	return nil
}

// recorder is the answer of a handler that is called in this process.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write implements [http.ResponseWriter].
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
