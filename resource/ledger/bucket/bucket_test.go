package bucket

import (
	"testing"
	"time"
)

// Each bucket begins where the one before it ends, and is narrow.
func TestBuckets(t *testing.T) {
	for _, leading := range []int{2, 5, 8, 11} {
		first := time.Duration(0)
		for i := range Count(leading) {
			last := Upper(i, leading)
			if Of(first, leading) != i || Of(last, leading) != i {
				t.Fatalf("%d leading bits: bucket %d is from %d to %d, which are in %d and %d",
					leading, i, first, last, Of(first, leading), Of(last, leading))
			}
			if wide := last - first; wide > first>>(leading-1) {
				t.Fatalf("%d leading bits: bucket %d from %d is %d wide", leading, i, first, wide)
			}
			first = last + 1
		}
		if first != -1<<63 {
			t.Errorf("%d leading bits: the last bucket ends at %d", leading, first-1)
		}
	}
}
