package poolset

import (
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Source gives the statistics of one pool, or of several that come and go. Exactly one of its
// functions is set.
type Source[Stats any] struct {
	One  func() Stats
	Each func() map[string]Stats
}

// Read calls f with the statistics of all pools that exist when it begins. The name of a pool of
// several is the name of the source, a slash, and its key. If two pools have the same name, f is
// called for only one of them: for the one that was added by itself, if there is one.
func Read[V, Stats any](s *Set[V], source func(V) Source[Stats], f func(name string, v V, st Stats)) {
	seen := map[string]bool{}
	for name, v := range s.All() {
		seen[name] = source(v).One != nil
	}
	for name, v := range s.All() {
		from := source(v)
		if from.One != nil {
			f(name, v, from.One())
			continue
		}
		all := from.Each()
		for _, key := range slices.Sorted(maps.Keys(all)) {
			text := key
			if !utf8.ValidString(text) {
				text = strconv.Quote(text)
			}
			if full := name + "/" + text; !seen[full] {
				seen[full] = true
				f(full, v, all[key])
			}
		}
	}
}
