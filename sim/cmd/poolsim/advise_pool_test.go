package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/sim"
)

// statsPage is the JSON of a debug page with two pools, one of which has lent n times for
// 3 ms on average.
func statsPage(n int) string {
	var buckets []string
	seen := 0
	for at := 1000; seen < n; at += at/100 + 1 {
		upTo := int(math.Round(float64(n) * (1 - math.Exp(-float64(at)/3e6))))
		if upTo > seen {
			buckets = append(buckets, fmt.Sprintf("[%d,%d]", at, upTo-seen))
		}
		seen = upTo
	}
	none := `{"count": 0, "sum": 0, "max": 0, "buckets": []}`
	pool := fmt.Sprintf(`{"MaxActive": 12, "Histograms": {"wait": %s, "open": %s, "use": {"count": %d, "sum": %d, "buckets": [%s]}}}`,
		none, none, n, int64(n)*3e6, strings.Join(buckets, ","))
	return fmt.Sprintf(`{"pools": [{"name": "main", "stats": %s}, {"name": "other", "stats": %s}]}`, pool, pool)
}

func TestAdviseOfARunningPool(t *testing.T) {
	onlyFigures(t)
	for flags, want := range map[string]string{
		"-pool main": "Set max-active to 9 (now 12).", "": `there are 2 pools: name one with -pool, of "main", "other"`, "-pool x": `there is no pool "x"`,
	} {
		a := newAdviseFlags()
		var out strings.Builder
		pages := 0
		a.running.fetch = func(url string) ([]byte, error) {
			if url != "http://x/debug" {
				return nil, errors.New(url)
			}
			pages++
			return []byte(statsPage(1000 + 60_000*(pages-1))), nil
		}
		var paused time.Duration
		a.running.pause = func(d time.Duration) { paused += d }
		if _, err := a.flags.parse(strings.Fields("-url http://x/debug -target p99=5ms "+flags), 0); err != nil {
			t.Fatal(err)
		}
		err := a.start(&process{stdout: &out, stderr: &out}, nil)
		if err != nil {
			out.WriteString(err.Error())
		}
		if !strings.Contains(out.String(), want) || (err == nil) != (flags == "-pool main") {
			t.Errorf("%s: %v\n%s\nwant %s", flags, err, out.String(), want)
		}
		if err == nil && (paused != defaultOver || !strings.Contains(out.String(), "2000 requests/s")) {
			t.Errorf("it paused for %v:\n%s", paused, out.String())
		}
	}
}

func TestAdviseOfStatsInFiles(t *testing.T) {
	onlyFigures(t)
	dir := t.TempDir()
	var files []string
	for i, n := range []int{1000, 121_000} {
		files = append(files, filepath.Join(dir, fmt.Sprint(i)))
		if err := os.WriteFile(files[i], []byte(statsPage(n)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	two := " -pool other -stats " + files[0] + " -stats " + files[1] + " "
	if got := ok(t, "advise -target p99=5ms -over 1m"+two); !strings.Contains(got, "Set max-active to 9 (now 12).") || !strings.Contains(got, "they agree") {
		t.Error(got) // a pool of 12 waits for less than a tenth of the target, and these statistics have no wait
	}
	for line, want := range map[string]string{
		"-target p99=5ms" + two:                                                          "-over: say over what time",
		"-over 1m -target refused=1%" + two:                                              "-target: for a running pool",
		"-over 1m -target total.p99=1ms" + two:                                           "-target: for a running pool",
		"-over 1m -target p99=1ms -url http://x" + two:                                   "there is -url too",
		"-over 1m -target p99=1ms -stats " + files[0] + two:                              "a third time",
		"-target p99=1ms -pool main -stats " + files[0]:                                  "-over: say over what time",
		"-over 1m -pool main -target p99=1ms -stats no/such/file":                        "no such file",
		"-over 1m -pool main -target p99=1ms -stats " + files[1] + " -stats " + files[0]: "fewer durations",
	} {
		r := poolsim("", "advise "+line)
		if r.status != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("poolsim advise %s: status %d, %swant %q", line, r.status, r.err, want)
		}
	}
}

// A measured wait that is not the simulated one says in which direction the advice errs.
func TestAdviceSaysHowItErrs(t *testing.T) {
	p99, err := parseTarget("p99=5ms")
	if err != nil {
		t.Fatal(err)
	}
	for want, a := range map[string]sim.Advice{
		"they agree":            {Now: 3, Agrees: true},
		"lower bound":           {Now: 3, MeasuredNow: 0.02, SimulatedNow: 0.01},
		"a smaller limit may":   {Now: 3, MeasuredNow: 0.01, SimulatedNow: 0.02},
		"The pool has no limit": {},
		"refused 30 % of the requests, or they gave up, and in the simulation of the present limit, which refuses none, 60 % wait: they agree": {Now: 3, Refused: 0.3, WaitedNow: 0.6, Agrees: true},
		"1 % wait: requests come in bursts": {Now: 3, Refused: 0.3, WaitedNow: 0.01},
		"measured p99 of 20ms, but":         {Now: 3, Refused: 0.3, WaitedNow: 0.4, MeasuredNow: 0.02, SimulatedNow: 0.01},
	} {
		if got := measured(p99, &a); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}
