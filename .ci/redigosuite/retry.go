package main

import (
	"context"
	"fmt"
	"maps"
)

// retries is how often a test that redigo itself does not always pass may be run again.
const retries = 2

// differs is the outcome of a test that fails against redispool on purpose, most of the time: it looks at once at what the pool does for a
// caller who has left, and redispool closes and dials for that caller on other goroutines (R15 of the differences). It counts
// neither as passed nor as failed, and not at all with -self.
const differs = "differs"

// racy and racySubtest are such a test: it sends PING with a context that has ended and expects that error, but redigo's
// DoContext waits for the context and for the reply in one select, where either may win. When the reply comes first the
// test fails, whatever the pool does: in about 1 run of 100 on a busy machine, with -self too.
const (
	racy        = "TestPoolBorrowCheck"
	racySubtest = racy + "/TestOnBorrowContext-context.Canceled"
)

// runAll runs all tests, and again the one that may fail for no fault of the pool's if nothing else has failed.
func runAll(ctx context.Context, dir string, self bool) (results, error) {
	r, err := runTests(ctx, dir, ".")
	for range retries {
		if !r.onlyRacyFailed() {
			break
		}
		fmt.Println(racySubtest, "failed, as it sometimes does against redigo: once more")
		var again results
		again, err = runTests(ctx, dir, "^"+racy+"$")
		delete(r, racy)
		maps.Copy(r, again)
	}
	if !self && r.onlyRacyFailed() {
		fmt.Println(racySubtest, "fails: there redispool", differs, "from redigo on purpose (R15)")
		r[racy], r[racySubtest] = differs, differs
		err = nil
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
