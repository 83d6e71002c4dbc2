package sim

import (
	"fmt"
	"slices"
)

// shrinker makes a script smaller for as long as the same oracle objects to it.
type shrinker struct {
	oracle string
	script *script
	judge  func(*script) (*player, *Violation)
	tries  int
}

// mostTries bounds how many scripts are played to find a smaller one.
const mostTries = 20_000

// shortest returns the shortest story that could be found in which a violation
// happens, or nothing if there is no script of it.
func (v *Violation) shortest() string {
	if v.script == nil {
		return ""
	}
	x := &shrinker{oracle: v.Oracle, script: v.script, judge: replay}
	return x.shortest()
}

func (x *shrinker) shortest() string {
	if !x.fails(x.script) {
		return ""
	}
	for size := 0; size != x.size(); {
		size = x.size()
		x.dropClients()
		x.dropMoves()
		x.dropTime()
		x.dropSettings()
	}
	x.rename()
	p, again := x.judge(x.script)
	return string(p.story(fmt.Sprintf("%s: %s.", again.Oracle, again.Detail)).Format())
}

func (x *shrinker) size() int { return len(x.script.moves) + len(x.script.pool.String()) }

// fails reports whether a script does, and keeps it if so, without the moves that
// were not possible or came after the failure.
func (x *shrinker) fails(s *script) bool {
	if x.tries++; x.tries > mostTries {
		return false
	}
	p, v := x.judge(s)
	if v == nil || v.Oracle != x.oracle {
		return false
	}
	if n := len(s.moves); len(p.moves) > n {
		p.moves = slices.Clone(s.moves) // the failure comes when the pool should be at rest
	}
	x.script = &script{s.pool, p.moves}
	return true
}
