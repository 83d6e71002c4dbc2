package main

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel does jobs 0 to n-1 on all processors, and tells done how many have
// ended, never twice at a time. When one has an error no later ones are begun;
// earlier ones are, so that the error which it returns is that of the lowest job
// whatever the number of processors.
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
