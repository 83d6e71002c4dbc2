package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnmetTarget(t *testing.T) {
	line := "sweep -rate 2000 -hold exp:3ms -requests 2000 -max-active 2:4 -target refused=0.1% "
	r := poolsim("", line)
	if r.status != exitViolated || !strings.Contains(r.out, "no pool from max-active 2 to 4 meets refused=0.1%") {
		t.Errorf("status %d\n%s%s", r.status, r.out, r.err)
	}
	r = poolsim("", line+"-format json")
	v := decoded(t, r.out)
	if r.status != exitViolated || at(v, "met") != false {
		t.Errorf("status %d, met %v", r.status, at(v, "met"))
	}
	r = poolsim("", "sweep -rate 500:1000:500 -hold exp:3ms -wait -requests 2000 -max-active 3:5 -target p99=9ms -format json")
	v = decoded(t, r.out)
	if r.status != exitOK || at(v, "met") != true || len(at(v, "smallest").([]any)) != 2 {
		t.Errorf("for two rates: status %d\n%s", r.status, r.out)
	}
}

// TestRefusedIsForEver has a pool that refuses a third, and grants the others at
// once: nobody waited, but one in two of all requests did not have to.
func TestRefusedIsForEver(t *testing.T) {
	line := "sweep -rate 1000 -hold exp:1ms -requests 2000 -max-active 1:3 -format json -target "
	for target, want := range map[string]int{"p50=1ms": exitOK, "p99=1ms": exitViolated, "mean=1ms": exitOK, "total.p50=3ms": exitOK} {
		if r := poolsim("", line+target); r.status != want {
			t.Errorf("-target %s: status %d, want %d\n%s%s", target, r.status, want, r.out, r.err)
		}
	}
}

// TestSameChance wants that a point of a sweep is what run says of it.
func TestSameChance(t *testing.T) {
	one := decoded(t, ok(t, "run -format json"+small))
	all := decoded(t, ok(t, "sweep -seeds 1 -max-active 6:8 -format json"+small[:strings.Index(small, "-max-active 8")]+small[strings.Index(small, "-wait"):]))
	points := at(all, "points").([]any)
	last := points[len(points)-1]
	for figure, path := range map[string]string{
		"mean": "wait.mean", "p99": "wait.p99", "total.p90": "total.p90", "waited": "waited_fraction", "utilisation": "utilisation",
	} {
		f := at(last, "figures").(map[string]any)[figure].(map[string]any)
		if f["mean"] != at(one, path) {
			t.Errorf("%s is %v in the sweep, %v in the run", figure, f["mean"], at(one, path))
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		kind kind
		text string
		want []string
	}{
		{whole, "4:8", []string{"4", "5", "6", "7", "8"}},
		{whole, "4:10:4", []string{"4", "8"}},
		{whole, "8,4,-1", []string{"8", "4", "-1"}},
		{decimal, "100:200:50", []string{"100", "150", "200"}},
		{decimal, "0.1:0.3:0.1", []string{"0.1", "0.2", "0.3"}},
		{decimal, "0:100", []string{"0", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100"}},
		{length, "1ms:2ms:500us", []string{"1ms", "1.5ms", "2ms"}},
		{length, "1ms,1s", []string{"1ms", "1s"}},
	} {
		p, err := parseSpan(option{kind: c.kind}, c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if diff := cmp.Diff(c.want, p.texts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}
