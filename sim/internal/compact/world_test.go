package compact_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
)

func TestWorld(t *testing.T) {
	s := 1000 * ms
	for _, c := range []struct {
		read func(string) (any, error)
		text string
		want any // nil: refused
	}{
		{generic(compact.Instants), "10s,1m", []sim.Duration{10 * s, 60 * s}},
		{generic(compact.Instants), "10s,", nil},
		{generic(compact.Intervals), "10s+500ms,20s+1s", []sim.Interval{{At: 10 * s, For: 500 * ms}, {At: 20 * s, For: s}}},
		{generic(compact.Intervals), "10s", nil},
		{generic(compact.Intervals), "10s+1", nil},
		{generic(compact.Slowdowns), "10s+5s*3", []sim.Slowdown{{At: 10 * s, For: 5 * s, Factor: 3}}},
		{generic(compact.Slowdowns), "10s+5s", nil},
		{generic(compact.Slowdowns), "10s*3", nil},
		{generic(compact.Slowdowns), "10s+5s*x", nil},
		{generic(compact.Phases), "1m:500,30s:2e3", []sim.Phase{{For: 60 * s, Rate: 500}, {For: 30 * s, Rate: 2000}}},
		{generic(compact.Phases), "1m", nil},
		{generic(compact.Phases), "1m:1s", nil},
		{generic(compact.Bursts), "5000,1s,9s", &sim.Bursts{Rate: 5000, On: s, Off: 9 * s}},
		{generic(compact.Bursts), "5000,1s,9s,100", &sim.Bursts{Rate: 5000, On: s, Off: 9 * s, OffRate: 100}},
		{generic(compact.Bursts), "5000,1s", nil},
		{generic(compact.Test), "none", (*sim.Test)(nil)},
		{generic(compact.Test), "always", &sim.Test{}},
		{generic(compact.Test), "if-idle-for:1s,at-most-every:10s", &sim.Test{IfIdleFor: s, AtMostEvery: 10 * s}},
		{generic(compact.Test), "if-idle-for", nil},
		{generic(compact.Test), "sometimes", nil},
	} {
		got, err := c.read(c.text)
		switch {
		case c.want == nil && err == nil:
			t.Errorf("%s: %+v, want an error", c.text, got)
		case c.want != nil && err != nil:
			t.Errorf("%s: %v", c.text, err)
		case c.want != nil:
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.text, diff)
			}
		}
	}
}

func generic[T any](read func(string) (T, error)) func(string) (any, error) {
	return func(text string) (any, error) {
		v, err := read(text)
		if err != nil {
			err = fmt.Errorf("%w", err)
		}
		return v, err
	}
}
