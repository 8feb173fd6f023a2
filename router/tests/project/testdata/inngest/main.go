// Command inngest stands before the real server, which REAL_INNGEST names: it passes all on to
// it, until it is told by a POST of /swallow to take events and lose them. Then it still
// answers that it is healthy.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
)

func main() {
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	target, address := free.Addr().String(), "127.0.0.1:"+os.Getenv("INNGEST_PORT")
	_ = free.Close()
	_, port, _ := net.SplitHostPort(target)
	real := exec.Command(os.Getenv("REAL_INNGEST"), os.Args[1:]...)
	real.Env = append(os.Environ(), "INNGEST_PORT="+port)
	real.Stdout, real.Stderr = os.Stdout, os.Stderr
	if err := real.Start(); err != nil {
		log.Fatal(err)
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, os.Interrupt) // the real one gets it too: it is of the same group
	go func() {
		log.Fatal(http.ListenAndServe(address, handler(target)))
	}()
	<-told
	_ = real.Wait()
}

func handler(target string) http.Handler {
	var swallows atomic.Bool
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: target})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/swallow":
			swallows.Store(true)
		case swallows.Load() && strings.HasPrefix(r.URL.Path, "/e/"):
			fmt.Fprint(w, `{"ids":["x"],"status":200}`)
		default:
			pass.ServeHTTP(w, r)
		}
	})
}
