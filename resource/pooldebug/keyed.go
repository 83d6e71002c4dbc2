package pooldebug

import (
	"fmt"
	"iter"

	"github.com/respool/respool/resource"
)

// Keyed returns the pools of a Keyed as a [Group], for [Handler.AddGroup]. name returns
// what the page shows of a key; nil: the key as fmt prints it. Two keys may not have the
// same name. If keys contain secrets, such as passwords in addresses, name leaves them
// out. The page replaces what looks like a password anyway, and numbers names that differ
// only in that.
func Keyed[K comparable, T any](k *resource.Keyed[K, T], name func(K) string) Group {
	if name == nil {
		name = func(key K) string { return fmt.Sprint(key) }
	}
	return keyed[K, T]{k, name}
}

type keyed[K comparable, T any] struct {
	k    *resource.Keyed[K, T]
	name func(K) string
}

func (g keyed[K, T]) Stats() resource.Stats { return g.k.Stats() }

func (g keyed[K, T]) Closed() bool { return g.k.Closed() }

func (g keyed[K, T]) StatsByKey() iter.Seq2[string, resource.Stats] {
	return func(yield func(string, resource.Stats) bool) {
		for key, st := range g.k.StatsByKey() {
			if !yield(g.name(key), st) {
				return
			}
		}
	}
}

func (g keyed[K, T]) Inspect(name string) (resource.Inspection, bool) {
	for _, key := range g.k.Keys() {
		if g.name(key) == name {
			return g.k.InspectOf(key)
		}
	}
	return resource.Inspection{}, false
}
