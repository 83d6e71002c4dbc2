package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
	"github.com/respool/respool/sim/internal/fit"
	"github.com/respool/respool/sim/internal/plain"
)

// running is the flags about a pool that runs.
type running struct {
	url   *string
	files []string
	pool  *string
	over  *time.Duration

	fetch func(url string) ([]byte, error)
	pause func(time.Duration)
}

// defaultOver is the time between two looks at a page.
const defaultOver = 30 * time.Second

func (f *flags) running() *running {
	r := &running{fetch: fetchURL, pause: time.Sleep}
	f.group("A running pool, in place of a scenario")
	r.url = f.text("url", "", "the debug page of a program, such as http://localhost:6060/debug/pools; it is read twice")
	f.add("stats")
	f.set.Func("stats", "a `FILE` with a pool's Stats as JSON; two files are an earlier and a later snapshot", func(text string) error {
		r.files = append(r.files, text)
		if len(r.files) > 2 {
			return errors.New("it is given a third time, and two snapshots are enough")
		}
		return nil
	})
	r.pool = f.text("pool", "", "the `NAME` of the pool, if there are several")
	r.over = f.length("over", 0, "the `time` between the two snapshots; with one file, the time in which it was measured")
	f.defaults["over"] = defaultOver.String() + " with -url"
	return r
}

// wait is the time between two looks at a page.
func (r *running) wait() time.Duration {
	if *r.over == 0 {
		return defaultOver
	}
	return *r.over
}

func (r *running) given() bool { return *r.url != "" || len(r.files) > 0 }

// stats reads what the pool has measured, and over what time.
func (r *running) stats() (*sim.Stats, error) {
	if *r.url != "" && len(r.files) > 0 {
		return nil, errors.New("-stats: there is -url too, and the figures come from one source")
	}
	if *r.url != "" {
		return r.twice(func(second bool) ([]byte, error) {
			if second {
				r.pause(r.wait())
			}
			return r.fetch(*r.url)
		}, "-url", r.wait())
	}
	if len(r.files) == 1 {
		if *r.over == 0 {
			return nil, errNoOver
		}
		data, err := plain.ReadFile(r.files[0], plain.Most)
		if err != nil {
			return nil, fmt.Errorf("-stats: %w", err)
		}
		st, err := fit.PoolOf(data, *r.pool)
		if err != nil {
			return nil, fmt.Errorf("-stats %s: %w", r.files[0], err)
		}
		st.Over = *r.over
		return st, nil
	}
	return r.twice(func(second bool) ([]byte, error) {
		if second {
			return plain.ReadFile(r.files[1], plain.Most)
		}
		return plain.ReadFile(r.files[0], plain.Most)
	}, "-stats", *r.over)
}

// twice takes two snapshots, and returns what has happened between them.
func (r *running) twice(read func(second bool) ([]byte, error), flag string, over time.Duration) (*sim.Stats, error) {
	var all [2]*sim.Stats
	for i := range all {
		data, err := read(i == 1)
		if err == nil {
			all[i], err = fit.PoolOf(data, *r.pool)
		}
		if err == nil {
			err = all[i].Usable()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag, err)
		}
	}
	st, err := all[1].Since(all[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	if st.Over == 0 || *r.over > 0 && flag == "-stats" {
		st.Over = over // a page says when it was made
	}
	switch {
	case st.Over == 0:
		return nil, errNoOver
	case st.Use.Count == 0 && st.Refused > 0:
		return nil, fmt.Errorf("%s: no lease has ended in %v, and %s got nothing: look on the page for who holds the connections", flag, st.Over.Round(time.Millisecond), times(int(st.Refused), "acquire"))
	case st.Use.Count == 0:
		return nil, fmt.Errorf("%s: no lease has ended in %v; give it a longer -over, or advise the pool when there is load", flag, st.Over.Round(time.Millisecond))
	}
	return st, nil
}

var errNoOver = errors.New("-over: say over what time the statistics were measured; they do not have it")

// advisePool advises a pool that runs.
func advisePool(p *process, r *running, targets []*target, o *output) error {
	if len(targets) != 1 || targets[0].shares || targets[0].level == 0 || strings.HasPrefix(targets[0].name, "total.") {
		return errors.New("-target: for a running pool it is one percentile of the wait, such as p99=5ms")
	}
	progress := p.progress()
	if *r.url != "" {
		progress.say(-1, "measuring for "+r.wait().String())
	}
	st, err := r.stats()
	progress.end()
	if err != nil {
		return err
	}
	t := targets[0]
	a, err := sim.Advise(st, sim.Target{Quantile: t.level, Wait: secondsOf(t.limit)})
	if err != nil {
		return err
	}
	if o.json() {
		return p.printJSON(struct {
			Sentences []string `json:"sentences"`
			*sim.Advice
		}{poolSentences(st, t, a), a})
	}
	var b bytes.Buffer
	for _, sentence := range poolSentences(st, t, a) {
		writeText(&b, p.width(), sentence)
	}
	_, err = io.Copy(p.stdout, &b)
	return err
}

// poolSentences says what to change, what it buys, how sure that is, what the pool has
// measured, and what the advice assumes.
func poolSentences(st *sim.Stats, t *target, a *sim.Advice) []string {
	change := fmt.Sprintf("Set max-active to %d (now %s).", a.MaxActive, limit(a.Now))
	if a.MaxActive == a.Now {
		change = fmt.Sprintf("Leave max-active at %d: it is the smallest that meets %s.", a.Now, t.text)
	}
	buys := fmt.Sprintf("It is the smallest with which %s is met: the wait %s is %s.", t.text, t.name, t.format(a.Wait))
	sure := fmt.Sprintf("With 95 %% confidence that is between %s and %s, if the load stays as it is: %s requests/s, and %s connections in use on average.",
		t.format(a.Low), t.format(a.High), figures.Number(a.Rate), figures.Number(a.Load))
	assumed := fmt.Sprintf("Assumed: requests come at random; the times of use are those of the %s leases that ended in %v; more connections do not make the server slower.",
		figures.Count(st.Use.Count), st.Over.Round(time.Millisecond))
	if beyond := float64(float64(st.Use.Count) * (1 - t.level)); beyond < fewBeyond {
		assumed += fmt.Sprintf(" These are few for %s: give it a longer -over.", t.name)
	}
	if st.Refused > 0 {
		assumed += fmt.Sprintf(" Meanwhile %s got nothing, and each is a request of that load. Statistics cannot tell a caller that tries again from another one: if all of them were such attempts, %s.",
			times(int(st.Refused), "acquire"), ifRetried(a))
	}
	return []string{change, buys, sure, measured(t, a), assumed}
}

// ifRetried says which limit does if the refused requests were attempts of the served ones.
func ifRetried(a *sim.Advice) string {
	if a.IfRetried == a.MaxActive {
		return "the limit would be the same"
	}
	return fmt.Sprintf("%d would do", a.IfRetried)
}

// fewBeyond is how many leases there should be beyond a percentile, for it to be known.
const fewBeyond = 10

// measured compares the simulation with what the pool has measured.
func measured(t *target, a *sim.Advice) string {
	switch {
	case a.Now == 0:
		return fmt.Sprintf("The pool has no limit, and measured a wait %s of %s, so there is nothing to compare the simulation with.", t.name, t.format(a.MeasuredNow))
	case a.Refused > 0 && (a.Agrees || a.Refused > a.WaitedNow):
		return refused(a)
	case a.Agrees:
		return fmt.Sprintf("The pool has measured %s of %s, and the simulation of the present limit has %s: they agree.", t.name, t.format(a.MeasuredNow), t.format(a.SimulatedNow))
	}
	if a.MeasuredNow < a.SimulatedNow {
		return fmt.Sprintf("The pool has measured %s of only %s, and the simulation of the present limit has %s: requests come more evenly than at random, or are too few to tell,"+
			" so a smaller limit may do.", t.name, t.format(a.MeasuredNow), t.format(a.SimulatedNow))
	}
	return fmt.Sprintf("The pool has measured %s of %s, but the simulation of the present limit has %s: requests come in bursts, or something else delays them,"+
		" so take the advice for a lower bound, and fit a scenario to the arrivals (poolsim fit).", t.name, t.format(a.MeasuredNow), t.format(a.SimulatedNow))
}

// refused compares the two if the pool has refused requests.
func refused(a *sim.Advice) string {
	text := fmt.Sprintf("The pool has refused %s of the requests, or they gave up, and in the simulation of the present limit, which refuses none, %s wait",
		figures.Percent(a.Refused), figures.Percent(a.WaitedNow))
	if a.Agrees {
		return text + ": they agree."
	}
	return text + ": requests come in bursts, or leases are held for much longer than usual at times, so take the advice for a lower bound, unless those that were refused try again."
}

func limit(n int) string {
	if n == 0 {
		return "no limit"
	}
	return count(n, "")
}
