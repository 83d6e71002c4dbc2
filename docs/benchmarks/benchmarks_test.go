package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/docs/internal/report"
)

// TestMain lets this binary be the process of a sample, as the program is.
func TestMain(m *testing.M) {
	if name := os.Getenv(sampleEnv); name != "" {
		if err := takeSample(name); err != nil {
			println(err.Error())
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestEveryCaseRuns takes a sample of one turn of every case.
func TestEveryCaseRuns(t *testing.T) {
	srv, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	defer srv.stop()
	if srv == nil {
		if os.Getenv("RESPOOL_REQUIRE_REDIS") != "" {
			t.Fatal("no redis-server is installed")
		}
		t.Log("no redis-server is installed: the cases that need one are left out")
	}
	seen := map[string]bool{}
	for _, c := range allCases() {
		if seen[c.name()] {
			t.Errorf("%s is there twice", c.name())
		}
		seen[c.name()] = true
		if srv == nil && c.needsServer() {
			continue
		}
		t.Run(c.name(), func(t *testing.T) {
			s, err := c.inProcess("1x", srv)
			if err != nil {
				t.Fatal(err)
			}
			if s.Ns <= 0 {
				t.Errorf("took %v ns", s.Ns)
			}
		})
	}
	for _, target := range targets() {
		r := &results{}
		for name := range seen {
			work, contender := name[:strings.LastIndex(name, "/")], name[strings.LastIndex(name, "/")+1:]
			r.Cases = append(r.Cases, &outcome{Work: work, Contender: contender, Samples: []*sample{{Ns: 1, Extra: map[string]float64{
				"one-ns": 1, "stall-max-ns": 1, "bytes-each": 1, "p999-ns": 1,
			}}}})
		}
		r.index()
		if _, _, ok := target.is(r); !ok {
			t.Errorf("%s: compares what is not measured", target.what)
		}
	}
}

// TestWhatShouldWaitWaits: the forced hand-offs are such, and a canceled wait has
// begun before it is canceled.
func TestWhatShouldWaitWaits(t *testing.T) {
	for _, c := range allCases() {
		handOff, canceled := strings.HasPrefix(c.work, "hand-off"), c.work == "canceled-wait"
		if !handOff && !canceled || c.contender == channel || c.contender == nothing {
			continue
		}
		if c.contender == puddleName || canceled && c.contender == redigo {
			continue // puddle counts waiters that found nothing idle after the wait; redigo counts only waits that ended with a connection
		}
		best := 0.0
		for tries := 0; tries < 8 && best < 0.9; tries++ { // on a busy machine a goroutine may not run for a while
			s, err := c.inProcess("20000x", nil)
			if err != nil {
				t.Fatal(err)
			}
			best = max(best, s.Extra["waits/op"])
		}
		if best < 0.9 {
			t.Errorf("%s: %v of the cycles had to wait", c.name(), best)
		}
	}
}

func someResults() *results {
	r := newResults([]benchCase{{work: "w", contender: "a"}, {work: "w", contender: "b"}})
	for i, ns := range []float64{10, 30, 20, 100} {
		r.Rounds = append(r.Rounds, roundOf(40))
		r.add(&benchCase{work: "w", contender: "a"}, i, &sample{Ns: ns})
		others := 0.0
		if i == 3 {
			others = 1
		}
		r.add(&benchCase{work: "w", contender: "b"}, i, &sample{Ns: 2 * ns, Others: others})
	}
	return r
}

func TestMedianAndRatio(t *testing.T) {
	r := someResults()
	if m, ok := r.median("w/a", nsOf); m != 25 || !ok {
		t.Errorf("median %v, %v", m, ok)
	}
	if m, least, most, ok := r.ratio("w/b", "w/a", nsOf); m != 2 || least != 2 || most != 2 || !ok {
		t.Errorf("ratio %v, %v to %v, %v", m, least, most, ok)
	}
	if r.Dropped != 1 || r.byName["w/b"].Samples[3] != nil {
		t.Errorf("dropped %d: %v", r.Dropped, r.byName["w/b"].Samples)
	}
	if _, ok := r.median("w/c", nsOf); ok {
		t.Error("there is a median of nothing")
	}
	if _, _, _, ok := r.ratio("w/a", "w/c", nsOf); ok {
		t.Error("there is a ratio to nothing")
	}
}

func TestTargetsAreJudgedAsShown(t *testing.T) {
	for _, c := range []struct {
		target
		value float64
		met   bool
	}{
		{target{most: 0.8}, 0.804, true}, {target{most: 0.8}, 0.806, false}, {target{most: 0}, 0, true},
		{target{least: 8}, 7.996, true}, {target{least: 8}, 7.99, false}, {target{most: 0}, 1, false},
	} {
		if got := c.met != c.target.met(c.value); got {
			t.Errorf("%v: met %v at %v", c.asked(), !c.met, c.value)
		}
	}
}

func TestResultsAreKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "results.json")
	r := someResults()
	if err := report.Write(name, r); err != nil {
		t.Fatal(err)
	}
	again, err := readResults(name)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := r.markdown(), again.markdown(); a != b {
		t.Errorf("was\n%s\nis\n%s", a, b)
	}
}

// A later run keeps what others have disturbed, and the page says so. A second one of the same cases takes its place.
func TestLaterRun(t *testing.T) {
	dir := t.TempDir()
	o := &options{json: filepath.Join(dir, "results.json"), page: filepath.Join(dir, "index.md")}
	if err := report.Write(o.json, someResults()); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("index.md")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.page, page, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ns := range []float64{500, 300} {
		work := benchCase{work: "watched/bare", contender: measured}
		later := newResults([]benchCase{{work: work.work, contender: ours}, work})
		later.Conditions = "in a hurry"
		later.Rounds = append(later.Rounds, roundOf(40))
		later.add(&benchCase{work: work.work, contender: ours}, 0, &sample{Ns: 100, Others: 1})
		later.add(&work, 0, &sample{Ns: ns, Others: 2})
		if err := o.addLater(later); err != nil {
			t.Fatal(err)
		}
	}
	r, err := readResults(o.json)
	if err != nil {
		t.Fatal(err)
	}
	got := r.laterRuns()
	for _, want := range []string{", in a hurry: 1 rounds. Other processes had 1.5 processors", "| 300 (3.00×) |"} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "500") || strings.Count(got, "###") != 1 {
		t.Errorf("there is too much in\n%s", got)
	}
	if page, err = os.ReadFile(o.page); err != nil || !strings.Contains(string(page), got) {
		t.Errorf("the page does not show it: %v", err)
	}
}

// TestPageShowsTheResults: the page and the results in the repository are of one
// run.
func TestPageShowsTheResults(t *testing.T) {
	r, err := readResults("results.json")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("index.md")
	if err != nil {
		t.Fatal(err)
	}
	if want, err := r.fill(string(page)); err != nil || want != string(page) {
		t.Errorf("the page does not show results.json (%v): go run . -from results.json", err)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-count 0", "-count is 0"}, {"-benchtime -1s", "-benchtime is -1s"}, {"-run (", "-run: "},
		{"extra", `unexpected argument "extra"`}, {"-bogus", "not defined: -bogus"},
		{"-run nosuchcase", `no case is named like "nosuchcase"`}, {"-from nosuchfile", "nosuchfile"},
	} {
		o, err := parse(strings.Fields(c.args))
		if err == nil {
			err = o.do()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.args, err, c.want)
		}
	}
}

// TestNothingIsAddedToTheRoot: what is measured beside must not come into the
// module that is measured.
func TestNothingIsAddedToTheRoot(t *testing.T) {
	for _, name := range []string{"../../go.mod", "../../go.sum"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "go-redis") {
			t.Errorf("%s knows go-redis", filepath.Base(name))
		}
	}
}

// TestARoundHasEveryCaseOnce, those of one work next to each other.
func TestARoundHasEveryCaseOnce(t *testing.T) {
	cases := allCases()
	order := inTurn(cases)
	seen, ended, last := map[string]bool{}, map[string]bool{}, ""
	for _, c := range order {
		if seen[c.name()] {
			t.Errorf("%s comes twice", c.name())
		}
		seen[c.name()] = true
		if c.work != last {
			if ended[c.work] {
				t.Errorf("%s comes again", c.work)
			}
			ended[last], last = true, c.work
		}
	}
	if len(order) != len(cases) {
		t.Errorf("%d cases of %d", len(order), len(cases))
	}
}

func TestATenthOfAnAllocationCounts(t *testing.T) {
	for _, c := range []struct{ is, shown float64 }{{0, 0}, {0.016, 0}, {0.049, 0}, {0.06, 0.1}, {0.9, 0.9}, {1, 1}} {
		if got := tenthAllocs(&sample{Allocs: c.is}); got != c.shown {
			t.Errorf("%v allocations are shown as %v, should be %v", c.is, got, c.shown)
		}
	}
}

func TestProcessorTimes(t *testing.T) {
	busy, err := busyTime([]byte("cpu  10 200 3000 40000 5 6 7 80000 1 1\ncpu0 1 2 3 4 5 6 7 8 9 10\n"))
	if want := 83210 * 10 * time.Millisecond; busy != want || err != nil {
		t.Errorf("busy for %v, %v, should be %v", busy, err, want)
	}
	used, err := processTime([]byte("42 (a ) (b) S 1 42 42 0 -1 4194560 1 2 3 4 150 7 0 0 20 0 1 0 99 1 2"))
	if want := 1570 * time.Millisecond; used != want || err != nil {
		t.Errorf("used %v, %v, should be %v", used, err, want)
	}
	for _, bad := range []string{"", "intr 1 2 3 4 5 6 7 8 9", "cpu 1 2 3 x 5 6 7 y"} {
		if d, err := busyTime([]byte(bad)); err == nil {
			t.Errorf("%q: busy for %v", bad, d)
		}
	}
	if d, err := processTime([]byte("42 (a) S 1")); err == nil {
		t.Errorf("used %v", d)
	}
}
