// Package poolset has the set of pools that a page or an exporter shows: each under a name of
// its own, added and removed while others look.
//
// The exporters are modules of their own and use this package, in a release that may be older than that of the
// pools. So what it exports stays compatible, as if it were public.
package poolset

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
)

// Set is a set of pools, each with a value of type V. The zero Set is empty. All methods may be
// called concurrently.
type Set[V any] struct {
	mu    sync.Mutex
	pools map[string]V
}

// Add adds a pool. It returns an error if the name is taken, which begins with the name
// of the package that asks.
func (s *Set[V]) Add(asker, name string, v V) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.pools[name]; taken {
		return fmt.Errorf("%s: there is a pool named %q already; remove it first, or choose another name", asker, name)
	}
	if s.pools == nil {
		s.pools = map[string]V{}
	}
	s.pools[name] = v
	return nil
}

// Remove removes a pool, and reports whether it was there.
func (s *Set[V]) Remove(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, there := s.pools[name]
	delete(s.pools, name)
	return there
}

// All goes through the pools that are there when it begins, in the order of their names. No lock is held
// meanwhile: looking at a pool may take time, and the loop may add and remove.
func (s *Set[V]) All() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		s.mu.Lock()
		pools := maps.Clone(s.pools)
		s.mu.Unlock()
		for _, name := range slices.Sorted(maps.Keys(pools)) {
			if !yield(name, pools[name]) {
				return
			}
		}
	}
}
