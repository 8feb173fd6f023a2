// Package exits ends the process that it runs in.
package exits

import (
	"net/http"
	"os"
	"time"

	"switchyard/shared/fn"
)

var Spec = fn.Page{Route: "GET /isolation/bad/exits", Access: fn.Public, Timeout: 2 * time.Second}

type Function struct{}

func (Function) ServeHTTP(http.ResponseWriter, *http.Request) { os.Exit(1) }
