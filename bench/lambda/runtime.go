package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// event is a request to GET /hello as API Gateway sends it.
const event = `{"version":"2.0","routeKey":"$default","rawPath":"/hello","rawQueryString":"",` +
	`"headers":{"accept":"*/*","accept-encoding":"gzip, br","content-length":"0","host":"abc.execute-api.eu-central-1.amazonaws.com",` +
	`"user-agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",` +
	`"x-amzn-trace-id":"Root=1-5e9f0c65-1de4d666d4dd26aced652b6c","x-forwarded-for":"203.0.113.7","x-forwarded-port":"443","x-forwarded-proto":"https"},` +
	`"requestContext":{"accountId":"123456789012","apiId":"abc","domainName":"abc.execute-api.eu-central-1.amazonaws.com","domainPrefix":"abc",` +
	`"http":{"method":"GET","path":"/hello","protocol":"HTTP/1.1","sourceIp":"203.0.113.7","userAgent":"Mozilla/5.0"},` +
	`"requestId":"LV7fzho-PHcEJPw=","routeKey":"$default","stage":"$default","time":"21/Apr/2026:15:08:21 +0000","timeEpoch":1776784101067},` +
	`"isBase64Encoded":false}`

// patience is how long an answer may take.
const patience = 30 * time.Second

// environment is a program that runs as a Lambda, and the Runtime API that it asks.
type environment struct {
	server  *http.Server
	cmd     *exec.Cmd
	said    bytes.Buffer
	asked   chan chan<- struct{} // gets a channel when the program asks for an event
	answers chan []byte
}

// start starts p.
func start(ctx context.Context, p program) (*environment, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &environment{asked: make(chan chan<- struct{}), answers: make(chan []byte)}
	e.server = &http.Server{Handler: e, ReadHeaderTimeout: patience}
	go func() { _ = e.server.Serve(l) }()
	e.cmd = exec.CommandContext(ctx, p.binary)
	e.cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + l.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=bench"}
	e.cmd.Stderr = &e.said
	return e, e.cmd.Start()
}

// stop ends the program.
func (e *environment) stop() {
	_ = e.cmd.Process.Kill()
	_ = e.cmd.Wait()
	_ = e.server.Close()
}

// invoke sends the event and returns when it has been answered with the greeting.
func (e *environment) invoke(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var answer []byte
	for answer == nil {
		select {
		case send := <-e.asked:
			close(send)
		case answer = <-e.answers:
		case <-ctx.Done():
			return fmt.Errorf("no answer: %w\n%s", ctx.Err(), &e.said)
		}
	}
	var r struct {
		StatusCode int
		Body       string
	}
	if err := json.Unmarshal(answer, &r); err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK || strings.TrimSpace(r.Body) != `{"message":"hello"}` {
		return errors.New("wrong answer: " + string(answer))
	}
	return nil
}

// ServeHTTP is the Runtime API.
func (e *environment) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/invocation/next"):
		send := make(chan struct{})
		select {
		case e.asked <- send:
			<-send
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(patience).UnixMilli(), 10))
		_, _ = io.WriteString(w, event)
	case strings.HasSuffix(r.URL.Path, "/extension/register"):
		w.Header().Set("Lambda-Extension-Identifier", "bench")
	case strings.HasSuffix(r.URL.Path, "/extension/event/next"):
		<-r.Context().Done()
	default:
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		select {
		case e.answers <- body:
		case <-r.Context().Done():
		}
	}
}
