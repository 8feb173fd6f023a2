package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/live"
)

// connect opens a stream of a user, as a browser does.
func (d *deployment) connect(ctx context.Context, user int) (net.Conn, *bufio.Reader, error) {
	return connect(ctx, d.address, fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n", user))
}

// connect sends a request, to which the answer is a stream.
func connect(ctx context.Context, address, request string) (net.Conn, *bufio.Reader, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, nil, err
	}
	r := bufio.NewReaderSize(conn, 1<<10)
	status, err := r.ReadString('\n')
	if err == nil && !strings.Contains(status, " 200 ") {
		err = errors.New(status)
	}
	return conn, r, err
}

// rss returns the resident memory of a process, in MB.
func rss(of *exec.Cmd) float64 { return memory(of, "VmRSS:") }

// peak returns the most that it has been since its start.
func peak(of *exec.Cmd) float64 { return memory(of, "VmHWM:") }

func memory(of *exec.Cmd, which string) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", of.Process.Pid))
	_, after, _ := strings.Cut(string(status), which)
	kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(strings.SplitN(after, "\n", 2)[0]), " kB"), 64)
	return kb / 1e3
}

// busy prints how long messages take from the call of Publish to the client, while each of many
// clients reads its user's topic, and then while all read one.
func busy(ctx context.Context, w io.Writer, d *deployment, s sizes) error {
	if err := d.deliver(ctx, w, s, "each to one user", s.rate, func(n int) live.Topic { return live.User(strconv.Itoa(n % s.busy)) }); err != nil {
		return err
	}
	return d.deliver(ctx, w, s, "each to all", s.rate/50, func(int) live.Topic { return "room:1" })
}

// busyBesideOld does so while a transaction stays open, and the log is long.
func busyBesideOld(ctx context.Context, w io.Writer, d *deployment, s sizes) error {
	return pgx.BeginFunc(ctx, d.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_current_xact_id()`); err != nil {
			return err
		}
		if _, err := d.db.Exec(ctx, `INSERT INTO live_message (topic, name, data) SELECT 'user:x', 'file', '{}' FROM generate_series(1, 300000)`); err != nil {
			return err
		}
		return d.deliver(ctx, w, s, "each to one user, an old transaction is open, 300,000 messages since", s.rate,
			func(n int) live.Topic { return live.User(strconv.Itoa(n % s.busy)) })
	})
}

func (d *deployment) deliver(ctx context.Context, w io.Writer, s sizes, what string, rate int, topic func(n int) live.Topic) error {
	var mu sync.Mutex
	var halves [2][]time.Duration
	began := time.Now()
	var readers sync.WaitGroup
	var conns []net.Conn
	for i := range s.busy {
		conn, r, err := d.connect(ctx, i)
		if err != nil {
			return err
		}
		conns = append(conns, conn)
		readers.Go(func() {
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				_, at, ok := strings.Cut(line, `"data":`)
				if !ok {
					continue
				}
				sent, _ := strconv.ParseInt(strings.TrimRight(at, "}\n"), 10, 64)
				took := time.Since(time.Unix(0, sent))
				mu.Lock()
				half := min(1, int(2*time.Unix(0, sent).Sub(began)/s.lasts))
				halves[half] = append(halves[half], took)
				mu.Unlock()
			}
		})
	}
	began = time.Now()
	published, err := d.publish(ctx, 16, rate, s.lasts, topic)
	time.Sleep(2 * time.Second)
	for _, c := range conns {
		_ = c.Close()
	}
	readers.Wait()
	fmt.Fprintf(w, "%d clients, %s: %.0f messages a second, %d deliveries; first half %s, second half %s; server %.0f MB\n", s.busy, what,
		float64(published)/s.lasts.Seconds(), len(halves[0])+len(halves[1]), spread(halves[0]), spread(halves[1]), rss(d.server))
	return err
}

// publish publishes rate messages a second, or as many as it can if that is 0, each in a
// transaction of its own, and returns how many.
func (d *deployment) publish(ctx context.Context, publishers, rate int, lasts time.Duration, topic func(int) live.Topic) (int64, error) {
	return d.repeat(ctx, publishers, rate, lasts, func(n int) error {
		return live.Publish(ctx, d.db, topic(n), "file", time.Now().UnixNano())
	})
}

func (d *deployment) repeat(ctx context.Context, workers, rate int, lasts time.Duration, do func(n int) error) (int64, error) {
	var n, done atomic.Int64
	errs := make([]error, workers)
	began := time.Now()
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for errs[i] == nil && ctx.Err() == nil && time.Since(began) < lasts {
				nr := n.Add(1)
				if rate > 0 {
					time.Sleep(time.Until(began.Add(time.Duration(nr) * time.Second / time.Duration(rate))))
				}
				errs[i] = do(int(nr))
				done.Add(1)
			}
		})
	}
	all.Wait()
	return done.Load(), errors.Join(errs...)
}

// commits prints how many messages one PostgreSQL takes at most, each in a transaction of its own,
// and as many rows alone; and then with a NOTIFY in each, which lets one transaction commit at a time.
func commits(ctx context.Context, w io.Writer, d *deployment, s sizes) error {
	const (
		row     = `INSERT INTO live_message (topic, name, data) VALUES ('user:x', 'file', '1')`
		noticed = `WITH m AS (` + row + ` RETURNING 1) SELECT pg_notify('bench', '') FROM m`
	)
	for _, workers := range []int{1, 4, 16, 32} {
		var rates []any
		for _, do := range []func(int) error{
			func(n int) error { return live.Publish(ctx, d.db, live.User(strconv.Itoa(n)), "file", 1) },
			func(int) error { _, err := d.db.Exec(ctx, row); return err },
			func(int) error { _, err := d.db.Exec(ctx, noticed); return err },
		} {
			n, err := d.repeat(ctx, workers, 0, s.lasts/4, do)
			if err != nil {
				return err
			}
			rates = append(rates, float64(n)/(s.lasts/4).Seconds())
		}
		fmt.Fprintf(w, "%2d publishers, as fast as they can: %.0f messages a second; rows alone %.0f; a NOTIFY each %.0f\n", append([]any{workers}, rates...)...)
	}
	return nil
}

// spread returns the median and the 99th percentile.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "nothing"
	}
	slices.Sort(all)
	return fmt.Sprintf("%.0f ms (99%%: %.0f ms)", all[len(all)/2].Seconds()*1e3, all[len(all)*99/100].Seconds()*1e3)
}
