package pooldebug

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/respool/respool/resource"
)

// AddEach adds several pools that come and go, such as those of a redispool.Cluster, whose
// Inspect is the function. The function is called for each request, and returns the
// inspections of the pools that exist then, by key. The page shows each as a pool of its own,
// whose name is the given one, a slash, and the key. Remove removes all of them. AddEach
// returns an error if the name is taken or the function is nil.
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

// all returns what there is to show, in the order of the names. If several have one name,
// one that AddEach has added comes last.
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
