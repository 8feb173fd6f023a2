package faults_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What a flood may come to.
const (
	uploaders   = 4
	mostOfAName = 2000 // events of one name that Inngest may have and has not begun
	mostMemory  = 256  // MiB of the router
)

// TestFlood has clients upload small files while the router is killed every 2 to 6 s, far
// more than Inngest can process, and then leaves it to work. Every file that was acknowledged
// is ready in the end. It reports how long that took, and how long Inngest itself needs for as many.
func TestFlood(t *testing.T) { //nolint:paralleltest // see compares
	compares(t)
	for name, k := range map[string]kind{"development": {dev: true}, "self-hosted": {}} { //nolint:paralleltest // see compares
		t.Run(name, func(t *testing.T) {
			compares(t)
			k.desk = true
			f := &flood{rig: start(t, k)}
			for _, name := range []string{"ada", "grace", "edsger", "barbara"}[:uploaders] {
				f.clients = append(f.clients, f.signUp(name))
			}
			rate := f.ownRate()
			f.report("Inngest itself has %.1f files ready a second", rate)
			f.uploadUnderFire()
			f.drain(rate)
		})
	}
}

// flood is a rig with clients, and what was seen while they uploaded and later.
type flood struct {
	*rig

	clients  []*client
	kills    int
	replaced int // how often Inngest was stuck, by itself
	inFlight int // events of one name at most
	memory   int // of the router at most, in MiB
}

// ownRate returns how many files Inngest has ready a second: some are uploaded, their
// events taken out of the outbox before a relay sees them, and sent all at once.
func (f *flood) ownRate() float64 {
	f.t.Helper()
	f.exec(`CREATE TABLE faults.diverted (LIKE outbox);
		CREATE FUNCTION faults.divert() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN INSERT INTO faults.diverted SELECT NEW.*; RETURN NULL; END $$;
		CREATE TRIGGER faults_divert BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION faults.divert()`)
	uploads(f.t.Context(), f.clients, size.measured/uploaders)()
	f.exec(`DROP TRIGGER faults_divert ON outbox`)
	var events []byte
	must(f.t, f.db.QueryRow(f.t.Context(), `SELECT json_agg(json_build_object('id', id, 'name', name, 'data', data,
		'ts', (extract(epoch FROM now()) * 1000)::bigint, 'user', json_build_object('app', $1::text))) FROM faults.diverted`, appID).Scan(&events))
	began, files := time.Now(), ids(f.clients)
	res, err := http.Post(f.inngest.URL+"/e/"+f.inngest.EventKey, "application/json", strings.NewReader(string(events)))
	must(f.t, err)
	_ = res.Body.Close()
	until(f.t, "Inngest has processed the files by which it is measured", func() bool { return f.ready(files) == len(files) })
	for _, c := range f.clients {
		c.acknowledged = nil
	}
	return float64(len(files)) / time.Since(began).Seconds()
}

// uploadUnderFire has the clients upload while the router is killed again and again.
func (f *flood) uploadUnderFire() {
	f.t.Helper()
	ctx, stop := context.WithTimeout(f.t.Context(), size.uploads)
	defer stop()
	wait := uploads(ctx, f.clients, 0)
	for next := time.Now(); ctx.Err() == nil; f.look() {
		if time.Now().After(next) {
			next = time.Now().Add(2*time.Second + rand.N(4*time.Second))
			f.routers[0].kill()
			f.routers[0].start()
			f.kills++
		}
	}
	wait()
	failures := 0
	for _, c := range f.clients {
		failures += c.failures
	}
	f.report("%d files acknowledged and %d uploads failed in %s, with %d kills", len(ids(f.clients)), failures, size.uploads, f.kills)
}

// look notes how much is in flight, and replaces an Inngest that is stuck, as a platform
// does that looks at the metrics.
func (f *flood) look() {
	f.t.Helper()
	time.Sleep(100 * time.Millisecond)
	f.inFlight = max(f.inFlight, f.count(`SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM outbox WHERE state = 'sent' GROUP BY name) AS names`))
	f.memory = max(f.memory, f.routers[0].memory())
	const stuck = `SELECT count(*) FROM relay WHERE state ->> 'state' = 'stuck'`
	if f.count(stuck) > 0 {
		f.report("Inngest is stuck, and is replaced")
		f.replaced++
		f.inngest.Signal(syscall.SIGKILL)
		<-f.inngest.Done()
		f.startInngest()
		until(f.t, "Inngest is not stuck any more", func() bool { return f.count(stuck) == 0 })
	}
}

// drain leaves Inngest to work until all is ready, and looks at what it came to.
func (f *flood) drain(rate float64) {
	f.t.Helper()
	files, began := ids(f.clients), time.Now()
	most, progress := 0, began
	for most < len(files) {
		if n := f.ready(files); n > most {
			most, progress = n, time.Now()
		}
		if time.Since(progress) > size.patience {
			f.t.Fatalf("%d of %d files are not ready, and it does not go on", len(files)-most, len(files))
		}
		f.look()
	}
	took := time.Since(began)
	own := time.Duration(float64(len(files)) / rate * float64(time.Second))
	f.report("all ready after %.1f s, %.2f times what Inngest itself needs; %d in flight at most, %d MiB, Inngest replaced %d times",
		took.Seconds(), took.Seconds()/own.Seconds(), f.inFlight, f.memory, f.replaced)
	if f.inFlight > mostOfAName {
		f.t.Errorf("%d events of one name were in flight", f.inFlight)
	}
	if f.memory > mostMemory {
		f.t.Errorf("the router had %d MiB", f.memory)
	}
	f.windows()
	until(f.t, "nothing is to be sent or begun", func() bool { return f.count(`SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sent')`) == 0 })
	if n := f.count(`SELECT count(*) FROM file WHERE status = 'failed'`); n > 0 {
		f.t.Errorf("%d files have failed", n)
	}
}

// windows reports the windows as they are now.
func (f *flood) windows() {
	f.t.Helper()
	var state json.RawMessage
	must(f.t, f.db.QueryRow(f.t.Context(), `SELECT state FROM relay`).Scan(&state))
	f.report("the relay's state: %s", state)
}
