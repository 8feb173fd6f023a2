package apart_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"

	"switchyard/internal/await"
	"switchyard/internal/stack"
	"switchyard/router/cli"
)

// BenchmarkPing compares a call of a function in the router with one in a process beside it:
// the client is as cheap as can be, and has 16 connections a processor.
func BenchmarkPing(b *testing.B) {
	address, _ := serve(b)
	for name, path := range map[string]string{"here": "/good", "apart": "/spec"} {
		b.Run(name, func(b *testing.B) {
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					b.Error(err)
					return
				}
				defer conn.Close()
				answers := bufio.NewReader(conn)
				for pb.Next() {
					_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: router.test\r\n\r\n", path)
					res, err := http.ReadResponse(answers, nil)
					if err != nil || res.StatusCode != http.StatusOK {
						b.Error(res, err)
						return
					}
					_, _ = answers.Discard(int(res.ContentLength))
				}
			})
		})
	}
}

// serve starts a router that logs nothing, and returns its address. It is stopped by stop, which
// returns its exit status, or at the end of the test.
func serve(t testing.TB) (address string, stop func() int) {
	t.Helper()
	port, err := stack.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan int, 1)
	environ := append(env("LOG_LEVEL=error"), "PORT="+strconv.Itoa(port), "SWITCHYARD_TEST_AS_ROUTER=1")
	go func() { ended <- cli.Run(ctx, sample(), []string{"serve"}, environ, io.Discard, os.Stderr) }()
	stop = sync.OnceValue(func() int {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { stop() })
	address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	await.That(t, "the router listens", func() bool {
		res, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			_ = res.Body.Close()
		}
		return err == nil
	})
	return address, stop
}
