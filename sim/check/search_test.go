package check

import (
	"context"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/oracle"
)

// TestSearch searches two thousand seeds, and more in a long test.
//
//	RESPOOL_SEARCH_SEEDS=1000000 go test -run TestSearch -v -timeout 0 ./sim/check
//
// goes further.
func TestSearch(t *testing.T) {
	t.Parallel()
	seeds := uint64(2000)
	if longTests() {
		seeds = 20_000
	}
	if n, err := strconv.ParseUint(os.Getenv("RESPOOL_SEARCH_SEEDS"), 10, 64); err == nil {
		seeds = n
	}
	r, err := Search(t.Context(), SearchOptions{Seeds: seeds})
	switch v := r.Violation; {
	case err != nil:
		t.Fatal(err)
	case v != nil:
		t.Fatalf("%v\n%s", v, v.Story)
	case r.Seeds != seeds:
		t.Errorf("%d seeds were searched, want %d", r.Seeds, seeds)
	}
	t.Logf("%d seeds, %d events", r.Seeds, r.Events)
	for what, n := range r.Reached {
		t.Logf("%8d times %v", n, oracle.Rare(what))
	}
}

// TestSearchIsReproducible: what a seed does depends on nothing but the seed.
func TestSearchIsReproducible(t *testing.T) {
	t.Parallel()
	options := SearchOptions{First: 77, Seeds: 200}
	pick, many := options, options
	pick.Workers, many.Workers = 1, 7
	a, _ := Search(t.Context(), pick)
	b, _ := Search(t.Context(), many)
	if a != b || a.Events == 0 {
		t.Errorf("with one worker %+v, with seven %+v", a, b)
	}
	ignore := cmpopts.IgnoreUnexported(sim.Scenario{})
	if diff := cmp.Diff(Swarm(5), Swarm(5), ignore); diff != "" {
		t.Errorf("one seed gives two scenarios (-one, +other):\n%s", diff)
	}
	if cmp.Equal(Swarm(5), Swarm(6), ignore) {
		t.Errorf("two seeds give one scenario: %+v", Swarm(5))
	}
}

// A search ends with its context, and that is no error.
func TestSearchEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	shown := 0
	r, err := Search(ctx, SearchOptions{Progress: func(SearchResult) { shown++; cancel() }})
	if err != nil || r.Violation != nil || shown != 1 || r.Seeds < progressEvery {
		t.Errorf("%+v, %v, progress was shown %d times", r, err, shown)
	}
}

// TestSwarm: kinds of faults are on in some scenarios and off in others, and every
// scenario is valid.
func TestSwarm(t *testing.T) {
	const n = 500
	on := map[string]int{}
	count := func(name string, is bool) {
		on[name] += 0 // a kind that is never on is named below, too
		if is {
			on[name]++
		}
	}
	for seed := range uint64(n) {
		sc := Swarm(seed)
		if err := sc.Validate(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		w, c := &sc.World, &sc.Clients
		count("open failures", w.OpenFailure > 0)
		count("openings that hang", !w.FailLatency.IsZero())
		count("deaths that are not noticed", !w.DeadLatency.IsZero())
		count("test failures", w.TestFailure > 0)
		count("deaths", !w.Life.IsZero())
		count("a server that closes", w.IdleTimeout > 0)
		count("a server with a limit", w.MaxConnections > 0)
		count("restarts", len(w.Restarts) > 0)
		count("outages", len(w.Outages) > 0)
		count("slowdowns", len(w.Slow) > 0)
		count("discards", c.Discard > 0)
		count("panics", c.Panic > 0)
		count("leaks", c.Leak > 0)
		count("clients without patience", !sc.Workload.Patience.IsZero())
	}
	for name, times := range on {
		if times < n/20 || times > n-n/20 {
			t.Errorf("%s are on in %d scenarios of %d", name, times, n)
		}
	}
}

// TestBlind: a search that is long enough and has missed something says so; a short
// one has not missed it yet.
func TestBlind(t *testing.T) {
	r := SearchResult{Seeds: enoughSeeds}
	for i := range r.Reached {
		r.Reached[i] = 1
	}
	if err := r.blind(); err != nil {
		t.Error(err)
	}
	for i := range r.Reached {
		switch oracle.Rare(i).String() {
		case "a test that gave up", "a resize below what is active":
			r.Reached[i] = 0
		}
	}
	want := "sim: the search has become blind: 2000 seeds have not come to a test that gave up, nor to a resize below what is active"
	if err := r.blind(); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	r.Seeds--
	if err := r.blind(); err != nil {
		t.Errorf("a short search: %v", err)
	}
	for i := range r.Reached {
		if oracle.Rare(i).String() == "" {
			t.Errorf("%d has no name", i)
		}
	}
}
