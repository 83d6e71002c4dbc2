package main

import (
	"context"
	"fmt"
	"maps"
)

// retries is how often a test may run again that sometimes fails against redigo itself.
const retries = 2

// racy and racySubtest fail now and then, whatever the pool does. The test sends PING with a context that has ended and
// expects the context's error. redigo's DoContext waits for the context and for the reply in one select, where either may
// win. If the reply wins, the test fails: in about 1 run of 100 on a busy machine, with -self too.
const (
	racy        = "TestPoolBorrowCheck"
	racySubtest = racy + "/TestOnBorrowContext-context.Canceled"
)

// runAll runs all tests. If only the racy test has failed, it runs that one again.
func runAll(ctx context.Context, dir, skip string) (results, error) {
	r, err := runTests(ctx, dir, ".", skip)
	for range retries {
		if !r.onlyRacyFailed() {
			break
		}
		fmt.Println(racySubtest, "failed, as it sometimes does against redigo: once more")
		var again results
		again, err = runTests(ctx, dir, "^"+racy+"$", skip)
		delete(r, racy)
		maps.Copy(r, again)
	}
	return r, err
}

func (r results) onlyRacyFailed() bool {
	for what, how := range r {
		if how == "fail" && what != racy && what != racySubtest {
			return false
		}
	}
	return r[racySubtest] == "fail"
}
