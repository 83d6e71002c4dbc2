package pooldebug_test

import (
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/resource"
)

// loser is a pool whose program has lost leases. Nothing is reclaimed in a bubble, so the
// inspection is made by hand.
type loser struct{ last *resource.LostLease }

func (l loser) Inspect() resource.Inspection {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if l.last != nil {
		l.last.Time = now.Add(-3 * time.Second)
	}
	return resource.Inspection{Time: now, Stats: resource.Stats{Lost: 2}, LastLost: l.last}
}

// The page names the line that lost a lease, in each of its forms.
func TestLostLease(t *testing.T) {
	const (
		stack = "example.com/shop.(*till).greet(...)\n\t/src/shop/till.go:61\nmain.main(...)\n\t/src/main.go:7\n"
		want  = "The program has lost 2 leases without a release. The last one, found 3s ago, was acquired by shop.(*till).greet (till.go:61)."
	)
	h := handlerOf(t, loser{&resource.LostLease{Resource: 7, Holder: stack}})
	e := reportOf(t, h, "?pool=orders").Pools[0]
	if len(e.Findings) != 1 || e.Findings[0] != want || e.LastLost == nil || e.LastLost.Resource != 7 || e.LastLost.Holder != stack {
		t.Errorf("the JSON says %q, %+v", e.Findings, e.LastLost)
	}
	if _, text := get(h, "?pool=orders&format=json", ""); !strings.Contains(strings.ReplaceAll(text, " ", ""), `"resource":7,`) {
		t.Errorf("the JSON is\n%s", text)
	}
	if _, text := get(h, "?pool=orders", ""); !strings.Contains(text, "  ! "+want+"\n") {
		t.Errorf("the text is\n%s", text)
	}
	if _, page := get(h, "?pool=orders", "text/html"); !strings.Contains(page, want) ||
		!strings.Contains(page, "of resource 7</summary><pre>"+stack+"</pre>") {
		t.Errorf("the page is\n%s", page)
	}
}

// A pool of an older kind, or a group, counts what was lost and does not say where.
func TestLostLeaseWithoutAStack(t *testing.T) {
	got := reportOf(t, handlerOf(t, loser{}), "").Pools[0].Findings
	if len(got) != 1 || got[0] != "The program has lost 2 leases without a release." {
		t.Errorf("the page says %q", got)
	}
}
