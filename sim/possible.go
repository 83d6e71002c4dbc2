package sim

import (
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// clientNames are a, b, c and so on, and c27 after z.
func clientNames(n int) (names []string) {
	for i := range n {
		name := string(rune('a' + i))
		if i >= 26 {
			name = fmt.Sprintf("c%d", i+1)
		}
		names = append(names, name)
	}
	return names
}

// possible adds to may each move that the contract allows now. Of several clients
// that have nothing to do only the first may acquire: they are all the same.
func (w *witness) possible(may []move, names []string) []move {
	add := func(who string, verbs ...story.Verb) {
		for _, v := range verbs {
			may = append(may, move{at: w.now, verb: v, client: who})
		}
	}
	free := ""
	for _, name := range names {
		c := w.clients[name]
		if c == nil || c.doing == ledger.Done {
			if free == "" {
				free = name
			}
			if c != nil && c.former {
				add(name, story.Release, story.Discard, story.Detach)
			}
		} else {
			add(name, steps(c.doing)...)
		}
		if c != nil && c.woken {
			add(name, story.Cancel)
		}
	}
	if free != "" {
		add(free, story.Acquire, story.Try)
	}
	begin := len(may)
	for _, p := range w.here {
		if p.client != nil {
			continue
		}
		switch p.state {
		case ledger.Opening:
			add("", story.Opened, story.OpenFailed)
		case ledger.Closing:
			add("", story.Closed)
		}
	}
	number(may[begin:])
	if !w.shut {
		add("", story.Advance, story.Reset, story.Resize, story.Shut)
	}
	return w.withLane(may, free)
}

// withLane leaves out what the contract of the lane does not allow, and adds its own
// events.
func (w *witness) withLane(may []move, free string) []move {
	x := w.lane
	if x == nil {
		if len(w.idle) > 0 && !w.shut {
			may = append(may, move{at: w.now, verb: story.Enter})
		}
		return may
	}
	may = slices.DeleteFunc(may, func(m move) bool { return !w.laneAllows(&m) })
	may = append(may, move{at: w.now, verb: story.Leave})
	who := free
	if x.holder != nil {
		who = x.holder.name
	}
	if m := (move{at: w.now, verb: story.Turn, client: who}); who != "" && w.laneAllows(&m) {
		may = append(may, m)
	}
	return may
}

// number numbers the moves about slots that nobody is busy with.
func number(may []move) {
	n := map[story.Verb]int{}
	for i := range may {
		may[i].nth = n[may[i].verb]
		n[may[i].verb]++
	}
}

// steps is what a client may do that was told something.
func steps(doing ledger.Action) []story.Verb {
	switch doing {
	case ledger.Granted:
		return []story.Verb{story.Release, story.Discard, story.Detach}
	case ledger.Open:
		return []story.Verb{story.Opened, story.OpenFailed, story.Abandon}
	case ledger.Test:
		return []story.Verb{story.Tested, story.Abandon}
	case ledger.Close:
		return []story.Verb{story.Closed, story.Abandon}
	case ledger.Wait:
		return []story.Verb{story.Cancel}
	}
	return nil
}
