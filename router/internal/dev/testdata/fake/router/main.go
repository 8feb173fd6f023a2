// Command router stands in for the real one: it migrates and serves, and does
// nothing else.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if os.Args[1] == "migrate" {
		if refused {
			fmt.Println("dropping a table would lose data")
			os.Exit(1)
		}
		fmt.Println("ALTER TABLE " + message)
		fmt.Println("1 statements applied in 1ms.")
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	http.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, message) })
	server := &http.Server{Addr: os.Getenv("HOST") + ":" + os.Getenv("PORT")}
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.Background())
		close(drained)
	}()
	if crash {
		fmt.Println("cannot go on")
		os.Exit(4)
	}
	_ = server.ListenAndServe()
	<-drained
}

var drained = make(chan struct{})
