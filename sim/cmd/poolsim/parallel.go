package main

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel does jobs 0 to n-1 on all processors, and calls done with the number of jobs that
// have ended, one call at a time. After an error no later job begins. Earlier jobs still
// do, so that parallel returns the error of the lowest job on any number of processors.
func parallel(n int, do func(job int) error, done func(n int)) error {
	var next atomic.Int64
	var all sync.WaitGroup
	var mu sync.Mutex
	var first error
	ended, firstJob := 0, n
	for range min(runtime.GOMAXPROCS(0), n) {
		all.Go(func() {
			for {
				job := int(next.Add(1)) - 1
				mu.Lock()
				over := job >= firstJob
				mu.Unlock()
				if over {
					return
				}
				err := do(job)
				mu.Lock()
				if err != nil && job < firstJob {
					first, firstJob = err, job
				}
				ended++
				done(ended)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return first
}
