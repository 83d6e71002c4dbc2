package pooldebug

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/respool/respool/resource"
)

// AddEach adds several pools that come and go, such as those of a redispool.Cluster, whose
// Inspect is the function. It is called for each request, and returns the inspections of the
// pools that there are, by a key of each. The page shows each as a pool of its own, whose
// name has the name, a slash, and the key. Remove removes them all. AddEach returns an error
// if the name is taken.
func (h *Handler) AddEach(name string, inspect func() map[string]resource.Inspection) error {
	if inspect == nil {
		return fmt.Errorf("pooldebug: the function that inspects the pools %q is nil", name)
	}
	return h.pools.Add("pooldebug", name, shown{each: inspect})
}

// named is a pool or a group with its name.
type named struct {
	name string
	shown
}

// inspected is a pool that was inspected already.
type inspected resource.Inspection

func (in inspected) Inspect() resource.Inspection { return resource.Inspection(in) }

// all returns what there is to show, in the order of the names. Of pools with one name it has
// the one first that was added by itself.
func (h *Handler) all() []named {
	var own, several []named
	for name, s := range h.pools.All() {
		if s.each == nil {
			own = append(own, named{name, s})
			continue
		}
		for key, in := range s.each() {
			several = append(several, named{name + "/" + key, shown{pool: inspected(in)}})
		}
	}
	all := append(own, several...)
	slices.SortStableFunc(all, func(a, b named) int { return cmp.Compare(a.name, b.name) })
	return all
}
