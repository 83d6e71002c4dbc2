package blocks_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/respool/respool/sim/internal/blocks"
)

func TestArea(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   []string
	}{
		{[]float64{0, 1, 2, 3, 4, 0.01}, []string{"   ▄█ ", " ▄███▁"}},
		{nil, []string{"      ", "      "}},
		{[]float64{4}, []string{"██████", "██████"}},
		{[]float64{0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2}, []string{" █    ", " █   █"}},
	} {
		got := blocks.Area(c.values, 4, 6, 2)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.values, diff)
		}
	}
}

func TestBar(t *testing.T) {
	for share, want := range map[float64]string{0: "", 1e-9: "▏", 0.5: "██", 0.625: "██▌", 1: "████", 2: "████"} {
		if got := blocks.Bar(share, 4); got != want {
			t.Errorf("Bar(%v) = %q, want %q", share, got, want)
		}
	}
}
