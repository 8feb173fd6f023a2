package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"switchyard/bench/product/load"
)

// logs sees to it that the contestant logs each request, as JSON, as long as they are not
// many. Bare ones need not.
func (p *process) logs(ctx context.Context) error {
	if p.Bare {
		return nil
	}
	const together = 200 * time.Millisecond // lines may be written together
	time.Sleep(together)
	if err := p.quiet(); err != nil {
		return err
	}
	r, err := load.RunAt(ctx, calm, p.addr, [][]byte{load.Request(http.MethodGet, "/api/ping", "")}, 4, 300*time.Millisecond)
	if err != nil {
		return err
	}
	time.Sleep(together)
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err
	}
	var lines int
	for all := bufio.NewScanner(bytes.NewReader(text)); all.Scan(); {
		if !json.Valid(all.Bytes()) {
			return fmt.Errorf("%s logs a line that is not JSON: %s", p.Name, all.Text())
		}
		if strings.Contains(all.Text(), "/api/ping") {
			lines++
		}
	}
	if lines != r.Requests+r.Errors {
		return fmt.Errorf("%s logs %d lines of %d requests", p.Name, lines, r.Requests+r.Errors)
	}
	return nil
}
