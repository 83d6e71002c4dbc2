package poolset

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

func namesIn(s *Set[int]) (all []string) {
	for name, v := range s.All() {
		all = append(all, fmt.Sprintf("%s=%d", name, v))
	}
	return all
}

func TestSet(t *testing.T) {
	var s Set[int]
	if s.Remove("a") || len(namesIn(&s)) != 0 {
		t.Error("the zero Set has a pool")
	}
	for i, name := range []string{"c", "a", "b"} {
		if err := s.Add("asker", name, i); err != nil {
			t.Fatal(err)
		}
	}
	err := s.Add("asker", "a", 9)
	if want := `asker: there is a pool named "a" already; remove it first, or choose another name`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got, want := namesIn(&s), []string{"a=1", "b=2", "c=0"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !s.Remove("a") || s.Remove("a") {
		t.Error("Remove reports the wrong thing")
	}
	if err := s.Add("asker", "a", 3); err != nil {
		t.Error("the name of a pool that was removed is taken:", err)
	}
}

// A loop sees the pools that were there when it began, and may change the set.
func TestChangesInALoop(t *testing.T) {
	var s Set[int]
	s.Add("asker", "a", 1)
	s.Add("asker", "b", 2)
	var seen []string
	for name, v := range s.All() {
		seen = append(seen, fmt.Sprintf("%s=%d", name, v))
		s.Remove("b")
		s.Add("asker", "c", 3)
	}
	if !slices.Equal(seen, []string{"a=1", "b=2"}) {
		t.Errorf("the loop saw %v", seen)
	}
	if got := namesIn(&s); !slices.Equal(got, []string{"a=1", "c=3"}) {
		t.Errorf("got %v", got)
	}
	for range s.All() {
		break
	}
}

// Of callers that add the same name at once, one succeeds.
func TestNameIsTakenOnce(t *testing.T) {
	var (
		s     Set[int]
		wg    sync.WaitGroup
		mu    sync.Mutex
		added int
	)
	for i := range 8 {
		wg.Go(func() {
			err := s.Add("asker", "a", i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				added++
			}
		})
	}
	wg.Wait()
	if added != 1 {
		t.Errorf("%d callers have added the pool", added)
	}
}
