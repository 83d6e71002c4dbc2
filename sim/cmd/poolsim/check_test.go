package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/check"
)

func TestCheck(t *testing.T) {
	if out := ok(t, "check -seeds 30 -first 5 -cores 1"); !strings.HasPrefix(out, "30 seeds from 5 on, ") {
		t.Error(out)
	}
	if out := ok(t, "check -for 50ms"); !strings.Contains(out, "no violation") {
		t.Error(out)
	}
	scenario := poolsim(ok(t, "run -print"+small+"-requests 100"), "check - -seeds 3 -first 0")
	if scenario.status != exitOK || !strings.HasPrefix(scenario.out, "3 seeds from 0 on: no violation") {
		t.Errorf("of a scenario: status %d\n%s%s", scenario.status, scenario.out, scenario.err)
	}
	if out := ok(t, "check ../../cmd/poolsim/testdata/scenario.json -for 1h -seeds 2"); !strings.Contains(out, "no violation") {
		t.Error(out)
	}
}

// TestViolation shows one, since none is found.
func TestViolation(t *testing.T) {
	r := check.SearchResult{Seeds: 987654321, Events: 1234, Violation: &check.Violation{
		Seed: 42, At: ledger.Instant(3 * time.Millisecond), Oracle: "fifo", Detail: "b is served before a", Story: "# Unfair.\n\npool\n",
	}}
	for format, want := range map[string]string{
		"text": "VIOLATION, seed 42, at 3ms: fifo: b is served before a\nrevision " + sim.Revision() + "\n\nThe shortest story found in which it happens:\n\n# Unfair.\n\npool\n",
		"json": `"seed": 42,`,
	} {
		c := newCheck()
		if _, err := c.flags.parse([]string{"-format", format}, 0); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := c.show(&process{stdout: &out}, r, time.Now()); !errors.Is(err, errUnmet) {
			t.Errorf("%s: error %v", format, err)
		}
		if got := out.String(); !strings.Contains(got, want) || strings.Contains(got, "987654321") {
			t.Errorf("%s:\n%s\nwant\n%s", format, got, want)
		}
	}
}

// TestViolationOfKeys shows the scenario, which can be checked again.
func TestViolationOfKeys(t *testing.T) {
	sc, err := sim.Parse([]byte(poolsim("", "run -print"+small+"-requests 100 -keys 3 -keys-max-active 2").out))
	if err != nil {
		t.Fatal(err)
	}
	v := violationOf(&check.Violation{Seed: 42, Oracle: "keys", Detail: "key 0 starves", Scenario: sc})
	out := string(v.text(""))
	if _, text, ok := strings.Cut(out, "checks it:\n\n"); !ok || !strings.HasPrefix(out, "VIOLATION, at 0s: keys: key 0 starves\n") {
		t.Error(out)
	} else if r := poolsim(text, "check - -seeds 1"); r.status != exitOK || !strings.HasPrefix(r.out, "1 seeds from ") {
		t.Errorf("%s%s", r.out, r.err)
	}
}

func TestParallel(t *testing.T) {
	bad := errors.New("bad")
	done := 0
	err := parallel(50, func(job int) error {
		if job >= 10 {
			return bad
		}
		return nil
	}, func(n int) { done = n })
	if err != bad || done < 11 || done == 50 {
		t.Errorf("error %v after %d", err, done)
	}
}

// TestCheckDrawsTheFirstSeed: two searches are two, and each says where it began.
func TestCheckDrawsTheFirstSeed(t *testing.T) {
	one, two := ok(t, "check -seeds 1"), ok(t, "check -seeds 1")
	for _, out := range []string{one, two} {
		if !strings.HasPrefix(out, "1 seeds from ") {
			t.Error(out)
		}
	}
	if a, b := newCheck(), newCheck(); a.firstSeed() == b.firstSeed() {
		t.Errorf("both begin with %d", a.firstSeed())
	}
}

// A seed has 64 bits, also where an int has 32.
func TestFirstSeed(t *testing.T) {
	const first = "18446744073709551000"
	if r := poolsim("", "check -seeds 3 -first "+first); r.status != exitOK {
		t.Errorf("-first %s: status %d\n%s%s", first, r.status, r.out, r.err)
	}
	for _, bad := range []string{"-1", "18446744073709551616", "x"} {
		if r := poolsim("", "check -seeds 1 -first "+bad); r.status != exitUsage || !strings.Contains(r.err, "-first: ") {
			t.Errorf("-first %s: status %d\n%s%s", bad, r.status, r.out, r.err)
		}
	}
}

func TestCheckExhaust(t *testing.T) {
	out := ok(t, "check -exhaust -depth 3")
	if n := strings.Count(out, ": every order of 3 events: "); n != len(check.Models()) || !strings.HasSuffix(out, "\nno violation\n") {
		t.Errorf("%d models:\n%s", n, out)
	}
	if out := ok(t, "check -exhaust -depth 2 -format json"); strings.Count(out, `"depth": 2,`) != len(check.Models()) {
		t.Error(out)
	}
	for line, want := range map[string]string{
		"check -depth 3":           "-depth: it needs -exhaust",
		"check -exhaust -seeds 3":  "-seeds: with -exhaust nothing is drawn",
		"check -exhaust some.json": "-exhaust: its models take the place of some.json",
	} {
		if r := poolsim("", line); r.status != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("%s: status %d\n%s%s\nwant %s", line, r.status, r.out, r.err, want)
		}
	}
}

// TestExhaustViolation shows one, since none is found.
func TestExhaustViolation(t *testing.T) {
	c, r := newCheck(), &exhaustResult{Violation: &violationJSON{Code: "abc", At: 0.003, Oracle: "fifo", Detail: "b is served before a"}}
	if _, err := c.flags.parse(nil, 0); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.showExhausted(&process{stdout: &out}, r, time.Now()); !errors.Is(err, errUnmet) {
		t.Errorf("error %v", err)
	}
	if want := "VIOLATION, at 3ms: fifo: b is served before a\nrevision abc\n"; out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
}
