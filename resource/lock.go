package resource

import (
	"sync"
	"sync/atomic"
)

// backoffMutex is a mutex for critical sections of some ten nanoseconds.
//
// sync.Mutex parks a goroutine at once when its processor has others to run,
// which costs far more than such a section. A short pause catches an ordinary
// collision. Where the lock is contended for good, the best a loser can do is to
// leave its cache line alone for a while: then the winner runs many turns at the
// uncontended price. BenchmarkReuseParallel shows the difference. With one
// processor there is hardly ever anybody to collide with.
type backoffMutex struct{ sync.Mutex }

func (m *backoffMutex) Lock() {
	if !m.TryLock() {
		m.lockSlow()
	}
}

func (m *backoffMutex) lockSlow() {
	turns := 50
	for range 4 {
		pause(turns)
		if m.TryLock() {
			return
		}
		turns = 4000
	}
	m.Mutex.Lock()
}

// pause passes some time without touching a line that another processor uses.
//
//go:noinline
func pause(turns int) (seen uint32) {
	var own atomic.Uint32 // a load of it cannot be optimised away
	for range turns {
		seen += own.Load()
	}
	return seen
}
