package files_test

import (
	"net/http"
	"testing"

	filesComplete "switchyard/router/catalog/_bindings/api/files/complete"
	filesContent "switchyard/router/catalog/_bindings/api/files/content"
	filesCreate "switchyard/router/catalog/_bindings/api/files/create"
	filesGet "switchyard/router/catalog/_bindings/api/files/get"
	filesList "switchyard/router/catalog/_bindings/api/files/list"
	filesRemove "switchyard/router/catalog/_bindings/api/files/remove"
	filesThumbnail "switchyard/router/catalog/_bindings/api/files/thumbnail"
	keysCreate "switchyard/router/catalog/_bindings/api/keys/create"
	keysList "switchyard/router/catalog/_bindings/api/keys/list"
	keysRevoke "switchyard/router/catalog/_bindings/api/keys/revoke"
	keysSelf "switchyard/router/catalog/_bindings/api/keys/self"
	"switchyard/router/tests/bindings/bindingtest"
	"switchyard/router/wire/bind"
)

// The compiled endpoints of the desk answer as if they were bound by reflection, and take
// what is as it should be by their bindings.
func TestBindings(t *testing.T) {
	t.Parallel()
	const id, body = "/a/0190163d-8694-739b-aea5-966c26f8ad91", `{"name":"holiday \u00e9.jpg","size":3400000,"type":"image/jpeg"}`
	held(t, "GET /a/{id}", filesGet.Binding(), id)
	held(t, "POST /a/{id}", filesComplete.Binding(), id)
	held(t, "GET /a/{id}", filesContent.Binding(), id)
	held(t, "GET /a/{id}", filesThumbnail.Binding(), id)
	held(t, "DELETE /a/{id}", filesRemove.Binding(), id)
	held(t, "DELETE /a/{id}", keysRevoke.Binding(), id)
	held(t, "GET /a", keysList.Binding(), "/a")
	held(t, "GET /a", keysSelf.Binding(), "/a")
	held(t, "GET /a", filesList.Binding(), "/a?limit=20&cursor=abc&status=ready")
	sent(t, filesCreate.Binding(), body)
	sent(t, keysCreate.Binding(), `{"name":"Nightly \"backup\"","expiresInDays":90}`)
}

// held sends target, and what is like it.
func held[I, O any](t *testing.T, route string, b bind.Binding[I, O], target string) *bindingtest.Pair[I, O] {
	t.Helper()
	p := bindingtest.New(t, route, b, func(*I) *O { return new(O) })
	if !p.Send(t, bindingtest.Ask{Target: target}) {
		t.Errorf("%s is left to reflection", target)
	}
	for query := range bindingtest.Queries("limit=7&status=ready&cursor=x") {
		p.Send(t, bindingtest.Ask{Target: target + "?" + query})
	}
	for _, value := range bindingtest.Values() {
		p.Send(t, bindingtest.Ask{Target: "/a/" + value})
	}
	return p
}

// sent sends body, and what is like it.
func sent[I, O any](t *testing.T, b bind.Binding[I, O], body string) *bindingtest.Pair[I, O] {
	t.Helper()
	p := bindingtest.New(t, "POST /a", b, func(*I) *O { return new(O) })
	ask := bindingtest.Ask{Target: "/a", Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
	if !p.Send(t, ask) {
		t.Errorf("%s is left to reflection", body)
	}
	for ask.Body = range bindingtest.Bodies(body) {
		p.Send(t, ask)
	}
	return p
}
