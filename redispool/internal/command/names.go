package command

// byName finds values by the names of commands, in any case. A map would have to look twice for
// a name in lower case, and takes longer for one in upper case. It never changes once it is made.
type byName[V any] struct {
	slots []named[V] // a power of two of them, at most half of them in use
}

type named[V any] struct {
	name  string // in upper case; empty: the slot is free
	value V
}

func newByName[V any](from map[string]V) *byName[V] {
	size := 2
	for size < 2*len(from) {
		size *= 2
	}
	b := &byName[V]{make([]named[V], size)}
	for name, v := range from {
		*b.slot(name) = named[V]{name, v}
	}
	return b
}

// slot returns the slot of a name, or the free one where the name would be.
func (b *byName[V]) slot(name string) *named[V] {
	i := len(name)
	for j := range len(name) {
		i = i*31 + int(name[j]|lower)
	}
	for ; ; i++ {
		s := &b.slots[i&(len(b.slots)-1)]
		if s.name == "" || isUpperOf(s.name, name) {
			return s
		}
	}
}

func (b *byName[V]) find(name string) (v V, ok bool) {
	s := b.slot(name)
	return s.value, s.name != ""
}

// lower is the bit in which the two cases of a letter differ.
const lower = 'a' - 'A'

// isUpperOf reports whether upper is a name in upper case.
func isUpperOf(upper, name string) bool {
	if len(upper) != len(name) {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if 'a' <= c && c <= 'z' {
			c -= lower
		}
		if c != upper[i] {
			return false
		}
	}
	return true
}
