package stack

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Free ports are looked for in this range. It is below the one from which systems
// serve who connects and who asks for any port (Linux 32768, macOS 49152 and up):
// one of those may be somebody else's a moment later, or between two starts of a
// server that comes back where it was.
const (
	firstPort = 20000
	ports     = 10000
)

// FreePort returns a TCP port of 127.0.0.1 that nobody listens on. No other call
// returns it as long as this process lives: no call of this process, and on Linux
// none of another one.
func FreePort() (int, error) {
	for tries := 0; ; tries++ {
		port := firstPort + rand.IntN(ports) //nolint:gosec // it need not be hard to guess
		err := reserve(port)
		if err == nil {
			return port, nil
		}
		if tries == 100 {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
	}
}

// portAttempts is how often a server is started on a port that was free and then
// was not.
const portAttempts = 4

// errPortTaken is worded as the system words it, which is how PostgreSQL and the
// S3 server report it.
var errPortTaken = errors.New("address already in use")

// withPort calls start with o.Port, or with free ports until one works.
func withPort(o Options, start func(port int) error) error {
	if o.Port != 0 {
		return start(o.Port)
	}
	for attempt := 1; ; attempt++ {
		port, err := FreePort()
		if err != nil {
			return err
		}
		err = start(port)
		if err == nil || attempt == portAttempts || !portTaken(err) {
			return err
		}
	}
}

func portTaken(err error) bool {
	return strings.Contains(strings.ToLower(err.Error()), errPortTaken.Error())
}
