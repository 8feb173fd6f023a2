package serve_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// TestDrainUnderLoad sends requests in loops, over connections that are kept and
// over new ones, and stops the host in the middle. A request may fail only in
// that nobody accepts the connection.
func TestDrainUnderLoad(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})
	var done, failed atomic.Int64
	var clients sync.WaitGroup
	warm := make(chan struct{})
	for i := range 50 {
		transport := &http.Transport{DisableKeepAlives: i%2 == 0, MaxIdleConnsPerHost: 1}
		if i%10 == 1 {
			transport.Protocols = new(http.Protocols)
			transport.Protocols.SetUnencryptedHTTP2(true)
		}
		clients.Go(func() {
			defer transport.CloseIdleConnections()
			for {
				err := once(transport, http.MethodPost, host.url+"/api/echo")
				if refused(err) {
					return
				}
				if err != nil {
					failed.Add(1)
					t.Errorf("client %d: %v", i, err)
					return
				}
				if done.Add(1) == 500 {
					close(warm)
				}
			}
		})
	}
	<-warm
	host.stop()
	clients.Wait()
	if err := <-host.stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
	t.Logf("%d requests, %d failed", done.Load(), failed.Load())
}

// once sends a request, in such a way that http.Transport does not send it again
// by itself.
func once(transport *http.Transport, method, url string) error {
	body := io.MultiReader(strings.NewReader(`{"name":"x"}`)) // no GetBody, so no second try
	r, err := http.NewRequestWithContext(context.Background(), method, url, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return nil
}

func refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED)
}

// gated returns a page whose requests say when they have begun, and wait.
func gated(entered, leave chan struct{}) function.Function {
	return function.Function{
		Name: "pages/gated", Spec: fn.Page{Route: "GET /gated", Access: fn.Public},
		Bind: func() any {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				entered <- struct{}{}
				select {
				case <-leave:
					_, _ = io.WriteString(w, "finished")
				case <-r.Context().Done():
				}
			})
		},
	}
}

func TestDrainFinishesWhatRuns(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	host := start(t, serve.Config{Functions: append(samples(), gated(entered, leave))})

	// A connection that was used and kept, as a proxy holds it.
	conn := dial(t, host)
	defer conn.Close()
	in := bufio.NewReader(conn)
	ask := func(path string) answered {
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answered{res.StatusCode, res.Header, strings.TrimSpace(string(text)), res.Close}
	}
	if got := ask("/readyz"); got.status != http.StatusOK || got.close {
		t.Fatalf("before: %+v", got)
	}
	running := make(chan answered)
	go func() { running <- send(t, "GET", host.url+"/gated", nil) }()
	<-entered

	host.stop()
	for !host.log.has("draining") {
		time.Sleep(time.Millisecond)
	}
	if got := ask("/readyz"); got.status != http.StatusServiceUnavailable || !got.close || got.body != `{"status":"draining"}` {
		t.Errorf("while draining: %+v", got)
	}
	close(leave)
	if got := <-running; got.body != "finished" || !got.close {
		t.Errorf("the request that ran: %+v", got)
	}
	if err := <-host.stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
	if _, err := host.listener.Accept(); !errors.Is(err, net.ErrClosed) { // by now the port may be somebody else's
		t.Errorf("after: %v, want closed", err)
	}
}

// TestDrainDelay stops a host that is still to take requests for a while: connections are
// kept and new ones taken, and only /readyz says that it leaves.
func TestDrainDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host, client := piped(t, serve.Config{Functions: samples(), Server: config.Server{DrainDelay: 2 * time.Second}})
		host.stop()
		if synctest.Wait(); !host.log.has("leaving: requests are still taken") {
			t.Error("it does not say that it leaves")
		}
		ready, live := sendBy(t, client, "GET", host.url+"/readyz", nil), sendBy(t, client, "GET", host.url+"/livez", nil)
		if ready.status != http.StatusServiceUnavailable || ready.body != `{"status":"draining"}`+"\n" {
			t.Errorf("/readyz: %+v", ready)
		}
		if live.status != http.StatusOK || live.close {
			t.Errorf("/livez: %+v", live)
		}
		if err := once(&http.Transport{DisableKeepAlives: true, DialContext: client.DialContext}, http.MethodPost, host.url+"/api/echo"); err != nil {
			t.Errorf("over a new connection: %v", err)
		}
		client.CloseIdleConnections()
		if err := <-host.stopped; err != nil {
			t.Errorf("Run: %v", err)
		}
		if !host.log.has("drained") {
			t.Error("it did not drain afterwards")
		}
	})
}

func TestDrainCutsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	host := start(t, serve.Config{
		Functions: []function.Function{gated(entered, nil)},
		Server:    config.Server{DrainTimeout: 50 * time.Millisecond},
	})
	failed := make(chan error)
	go func() {
		failed <- once(&http.Transport{}, http.MethodGet, host.url+"/gated")
	}()
	<-entered
	host.stop()
	if err := <-host.stopped; err == nil || !strings.Contains(err.Error(), "1 requests were cut") {
		t.Errorf("Run: %v", err)
	}
	if err := <-failed; err == nil {
		t.Error("the request that was cut looks well")
	}
}

func TestRunReportsABrokenListener(t *testing.T) {
	t.Parallel()
	host, err := serve.New(serve.Config{})
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	l.Close()
	if err := host.Run(t.Context(), l); err == nil {
		t.Error("Run on a closed listener returned nil")
	}
}
