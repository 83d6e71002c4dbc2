package pooldebug

import (
	"fmt"

	"github.com/respool/respool/resource"
)

// bar is the picture of a pool's state: one segment for each state, and the rest up to
// the limit.
type bar struct {
	Label    string
	Short    string // what the legend does not say
	Segments []segment
	Legend   []segment
}

// segment is a part of a bar, in thousandths of its width.
type segment struct {
	State    string
	N        int
	X, Width float64
}

func barOf(st resource.Stats) bar {
	numbers := map[string]int{
		"leased": st.Leased, "testing": st.Testing, "opening": st.Opening, "closing": st.Closing, "idle": st.Idle,
	}
	b := bar{Label: summary(st), Short: fmt.Sprintf("%d %s; %s.", st.Active, limitOf(st), count(uint64(st.Waiting), "caller waits", "callers wait"))}
	whole, sum := st.MaxActive, 0
	for _, n := range numbers {
		sum += max(n, 0)
	}
	whole = max(whole, sum, 1)
	x := 0.0
	for _, state := range states {
		s := segment{State: state, N: numbers[state], X: x, Width: float64(max(numbers[state], 0)) * 1000 / float64(whole)}
		b.Legend = append(b.Legend, s)
		if s.N > 0 {
			b.Segments = append(b.Segments, s)
			x += s.Width
		}
	}
	return b
}
