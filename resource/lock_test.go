package resource

import (
	"bytes"
	"runtime"
	"testing"
)

// A goroutine that does not get the lock in a few attempts is parked, and uses no
// processor time until the lock is free.
func TestLockParks(t *testing.T) {
	var m backoffMutex
	m.Lock()
	got := make(chan bool)
	go func() {
		m.Lock()
		close(got)
	}()
	parked := func() bool {
		buf := make([]byte, 1<<20)
		for _, g := range bytes.Split(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
			if bytes.Contains(g, []byte("[sync.Mutex.Lock")) && bytes.Contains(g, []byte("lockSlow")) {
				return true
			}
		}
		return false
	}
	for looks := 0; !parked(); looks++ {
		if looks == 2000 {
			t.Fatal("the goroutine that waits for the lock is not parked")
		}
		runtime.Gosched()
	}
	m.Unlock()
	<-got
	m.Unlock()
}
