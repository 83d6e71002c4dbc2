package sim

import "fmt"

// Violation is a promise of the pool that was broken in a run.
type Violation struct {
	Seed   uint64
	At     Instant // of virtual time
	Oracle string  // who has noticed it
	Detail string  // what happened, and to whom
	// Story is the shortest story found in which it happens. It can be kept among
	// the ledger's golden stories, in resource/ledger/testdata/stories. It is empty
	// if the pool has policies that no story can tell.
	Story string

	script *script // the run, before it is shortened
}

func (v *Violation) Error() string {
	return fmt.Sprintf("sim: seed %d at %v: %s: %s", v.Seed, v.At, v.Oracle, v.Detail)
}
