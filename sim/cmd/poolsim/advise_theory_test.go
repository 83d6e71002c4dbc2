package main

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// erlangB returns the share of requests that c servers without a queue refuse.
func erlangB(load float64, c int) float64 {
	blocked := 1.0
	for k := 1; k <= c; k++ {
		blocked = load * blocked / (float64(k) + load*blocked)
	}
	return blocked
}

// erlangC returns the share of requests that wait for one of c servers.
func erlangC(load float64, c int) float64 {
	b := erlangB(load, c)
	return b / (1 - load/float64(c)*(1-b))
}

// smallestOf returns the least size from a number on for which a condition holds.
func smallestOf(from int, holds func(c int) bool) int {
	for ; !holds(from); from++ {
	}
	return from
}

// finiteQueueRefuses returns the share that M/M/c/K refuses, with room for so many waiters.
func finiteQueueRefuses(load float64, c, waiters int) float64 {
	sum, term := 1.0, 1.0
	for k := 1; k <= c+waiters; k++ {
		term *= load / float64(min(k, c))
		sum += term
	}
	return term / sum
}

// The advice is what theory says, for pools whose right size is known.
func TestAdviceOfTheory(t *testing.T) {
	onlyFigures(t)
	t.Parallel()
	const load = 6 // 2000/s of 3 ms
	mm := "-rate 2000 -hold exp:3ms -wait -requests 30000 "
	for _, of := range []struct {
		line string
		want int
	}{
		{mm + "-max-active 30 -target waited=10%", smallestOf(7, func(c int) bool { return erlangC(load, c) <= 0.1 })},
		{mm + "-max-active 7 -target mean=100us", smallestOf(7, func(c int) bool { return erlangC(load, c)/(float64(c)/0.003-2000) <= 100e-6 })},
		{mm + "-max-active 40 -target p90=1ms", erlangSize(2000, 0.003, 0.001, 0.1)},
		{"-rate 2000 -hold exp:3ms -requests 30000 -max-active 5 -target refused=0.5%", smallestOf(1, func(c int) bool { return erlangB(load, c) <= 0.005 })},
		{"-rate 2000 -hold exp:3ms -requests 30000 -max-active 50 -target refused=3%", smallestOf(1, func(c int) bool { return erlangB(load, c) <= 0.03 })},
		{mm + "-max-active 3 -max-waiters 4 -target refused=2%", smallestOf(1, func(c int) bool { return finiteQueueRefuses(load, c, 4) <= 0.02 })},
		// A target of refusals alone says nothing of a pool that waits, if it keeps up.
		{mm + "-max-active 5 -target refused=1%", 7},
		{mm + "-max-active 8 -target refused=1%", 8},
		{mm + "-max-active 50 -target refused=1% -target failed=1%", 50},
		// Six pools, each with a load of its own.
		{"-instances 6 -rate 500 -hold exp:3ms -wait -max-active 20 -max-connections 120 -requests 30000 -target p99=5ms", erlangSize(500, 0.003, 0.005, 0.01)},
		{"-keys 10 -rate 5000 -hold exp:3ms -wait -max-active 1 -requests 30000 -target p99=5ms", erlangSize(500, 0.003, 0.005, 0.01)},
		// The server has room for its limit, and for no more.
		{"-instances 6 -rate 500 -hold exp:3ms -wait -max-active 30 -max-connections 45 -open-latency 20ms -duration 5s -target refused=1%", 45 / 6},
		{"-instances 3 -scale-every 1s -scale-low 1% -scale-high 90% -scale-max 6 -rate 500 -hold exp:3ms -wait -max-active 30 -max-connections 45 -duration 5s -target refused=1%", 45 / 6},
		// HikariCP's formula: clients * (connections of each - 1) + 1.
		{"-clients 10 -hold exp:5ms -leases 2 -nested -wait -max-active 6 -requests 20000 -target p99=1s", 10*(2-1) + 1},
		{"-clients 10 -hold exp:5ms -leases 3 -nested -wait -max-active 15 -requests 20000 -target p99=1s", 10*(3-1) + 1},
		{"-clients 10 -hold exp:5ms -leases 3 -nested -wait -max-active 64 -requests 20000 -target p99=1s", 10*(3-1) + 1},
	} {
		a := advised(t, "-seeds 3 "+of.line)
		got, err := strconv.Atoi(advisedSize(a.Changes, of.line))
		if err != nil || !a.Met {
			t.Errorf("%s: %q", of.line, a.Sentences)
		}
		if got != of.want && !(got == of.want+1 && nearMiss(a.Sentences)) {
			t.Errorf("%s: max-active %d, want %d; %q", of.line, got, of.want, a.Sentences)
		}
	}
}

// advisedSize returns the size after the changes.
func advisedSize(changes []change, line string) string {
	if to := changed(changes, "max-active"); to != "" {
		return to
	}
	_, rest, _ := strings.Cut(line, "-max-active ")
	size, _, _ := strings.Cut(rest, " ")
	return size
}

// nearMiss reports whether one connection fewer misses the targets only because the runs
// leave that open.
func nearMiss(sentences []string) bool {
	return strings.Contains(sentences[3], "the targets are not met")
}

// The advice names the cause where it is not the size of the pool.
func TestAdviceNamesTheCause(t *testing.T) {
	onlyFigures(t)
	t.Parallel()
	const (
		storm = "-rate 140 -hold 0 -workers 1 -service exp:5ms -max-active 50 -wait -timeout 150ms -retries 2 -duration 40s "
		calm  = "-rate 500 -hold exp:3ms -max-active 5 -wait -duration 20s -target p99=100ms "
	)
	for line, says := range map[string][]string{
		storm + "-stall 8s+5s -target failed=5%":       {"Set retry-budget to 10 % (now none): without the stall that meets", "the server fails as the scenario says"},
		storm + "-stall 8s+5s -target total.p99=400ms": {"Set retry-budget to 10 %"},
		storm + "-slow 8s+5s*10 -target failed=75%":    {"Set retry-budget to 10 % (now none), max-active to ", "failed "},
		calm + "-stall 5s+2s":                          {"Leave the pool as it is: without the stall it meets p99=100ms", "trades waits for errors", "the server fails as"},
		calm + "-outage 5s+2s -fail-latency 1s":        {"Leave the pool as it is: without the outage it meets", "trades waits for errors"},
		calm + "-stall 5s+1s,9s+1s -restart 12s":       {"without the stalls and the restart it meets"},
		calm + "-stall 5s+2s -max-active 1":            {"Set max-active to 2 (now 1): without the stall that meets", "(now the pool is overloaded"},
		calm + "-max-idle 1":                           {"the server neither fails nor slows down"},
		calm + "-life 1s":                              {"the server fails as the scenario says"},
		calm + "-stall 5s+20ms":                        {"Set max-active to", "the server fails as the scenario says"},
		"-rate 700 -hold 0 -workers 4 -service exp:5ms -max-active 4 -wait -requests 30000 -target p99=5ms":  {"Leave the pool as it is: no size helps", "they wait for the server instead"},
		"-rate 1000 -hold 0 -workers 4 -service exp:5ms -max-active 9 -wait -requests 30000 -target p99=5ms": {"No size of a pool meets p99=5ms: the requests keep 5 workers of the server busy, and it has 4."},
		"-rate 300 -hold exp:5ms -leases 2 -nested -max-active 4 -wait -requests 20000 -target p99=20ms":     {"(now there are deadlocks", "requests are under way at a time, since more can deadlock"},
		"-clients 10 -hold exp:5ms -leases 2 -nested -max-active 6 -wait -requests 20000 -target p99=1s":     {"fewer than 11 connections can deadlock, since each of 10 clients keeps 1"},
		"-instances 6 -rate 500 -hold exp:3ms -wait -max-active 20 -max-connections 120 -target p99=5ms":     {"for each of 6 instances, 24 connections in all of the server's 120"},
		"-instances 6 -rate 500 -hold exp:3ms -wait -max-active 2 -max-connections 18 -target p99=1ms":       {"No pool of up to 3 connections, for which a server of 18 has room"},
		"-rate 2000 -hold exp:3ms -requests 30000 -max-active 5 -target refused=0.5%":                        {"with -wait fewer connections do, but then requests wait"},
		"-rate 2000 -hold exp:3ms -wait -requests 30000 -max-active 8 -target refused=1%":                    {"Change nothing: the pool meets refused=1%, as any pool does that keeps up", "does not say how long a request may wait"},
	} {
		a := advised(t, "-seeds 3 "+line)
		all := strings.Join(a.Sentences, "\n")
		for _, text := range says {
			if !strings.Contains(all, text) {
				t.Errorf("%s: there is no %q in\n%s", line, text, all)
			}
		}
	}
}

// The pool that meets the targets apart from the faults is as large as in a scenario without
// faults.
func TestAdvisedSizeWithAStall(t *testing.T) {
	onlyFigures(t)
	const line = "-seeds 3 -rate 2000 -hold exp:3ms -wait -duration 30s -max-active 7 -target p99=5ms"
	with, without := advised(t, line+" -stall 5s+2s"), advised(t, line)
	a, b := changed(with.Changes, "max-active"), changed(without.Changes, "max-active")
	want := erlangSize(2000, 0.003, 0.005, 0.01)
	if a != b || a != strconv.Itoa(want) || with.Met || !without.Met {
		t.Errorf("max-active %s with a stall, and %s without, want %d", a, b, want)
	}
}

// A check of the formulas: without room for waiters the finite queue is Erlang's.
func TestFormulasOfAdvice(t *testing.T) {
	for c := 1; c < 20; c++ {
		if a, b := finiteQueueRefuses(6, c, 0), erlangB(6, c); math.Abs(a-b) > 1e-12 {
			t.Errorf("%d: %v and %v", c, a, b)
		}
	}
}
