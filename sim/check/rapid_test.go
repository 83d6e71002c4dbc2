package check

import (
	"testing"

	"pgregory.net/rapid"
)

// TestRapid has rapid draw the walks. When one fails rapid makes its choices
// simpler, and the story that it prints at last can be pasted into the ledger's
// golden stories.
//
//	go test -run TestRapid -rapid.checks=100000 ./sim/check
func TestRapid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
		p, v := walk(d, drawStoryPool(d), drawWalkOptions(d))
		if v != nil {
			t.Fatalf("%v\n%s", v, p.story(v.Oracle+": "+v.Detail+".").Format())
		}
	})
}
