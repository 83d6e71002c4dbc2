package multiplex

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
)

// answer has a stalled server answer n commands.
func (w *fakeWire) answer(n int) {
	w.mu.Lock()
	w.credit += n
	w.more.Broadcast()
	w.mu.Unlock()
	synctest.Wait()
}

func (w *fakeWire) sent() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sends
}

// TestSmallBatchWaits: with many calls in flight, a batch waits until it has a fourth as many, or replies have come.
func TestSmallBatchWaits(t *testing.T) {
	for _, mayLeave := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if !mayLeave {
				ctx = nil
			}
			s := &fakeSource{}
			m, outcomes := stalled(t, s, 5, ctx) // each was sent when it came: there were four in flight at most
			w := s.made(0)
			if n := w.sent(); n != 5 {
				t.Fatalf("%d of 5 were sent", n)
			}
			call := func(token string) {
				startCall(m, ctx, token, outcomes)
			}
			call("sixth")
			if n := w.sent(); n != 5 {
				t.Errorf("one call was sent to join five in flight")
			}
			call("seventh")
			if n := w.sent(); n != 7 {
				t.Errorf("two calls wait for five in flight")
			}
			call("eighth")
			w.answer(2)
			if n := w.sent(); n != 7 {
				t.Errorf("one call was sent to join five in flight, after two replies")
			}
			w.answer(1)
			if n := w.sent(); n != 8 {
				t.Errorf("a call waits for four in flight")
			}
			w.answer(5)
			allAnswered(t, outcomes, 8)
			w.stall(false)
			finished(t, m, s)
		})
	}
}

// TestFewCallersNeedNoGoroutine: the callers themselves send and receive, and pass the reading on.
func TestFewCallersNeedNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := goroutines()
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 3, nil)
		for left := 3; left > 0; left-- {
			if n := goroutines() - before; n != left {
				t.Errorf("%d goroutines for %d callers", n, left)
			}
			s.made(0).answer(1)
			allAnswered(t, outcomes, 1)
			synctest.Wait()
		}
		finished(t, m, s)
	})
}

// goroutines counts the goroutines of the bubble. runtime.NumGoroutine would also count those of an earlier test that are about
// to end.
func goroutines() int {
	all := make([]byte, 1<<20)
	return bytes.Count(all[:runtime.Stack(all, true)], []byte(", synctest bubble "))
}

// TestReaderHelpsOthers: a caller that reads goes on until it has its own reply, and its callers get theirs in between.
func TestReaderHelpsOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		opened := make(chan struct{})
		s.prepare = func(w *fakeWire) { <-opened; w.stalled = true }
		m := New(s, 1, 0, wide)
		outcomes := make(chan string, 3)
		for i := range 3 {
			go func() {
				if err := echo(m, nil, fmt.Sprint(i)); err != nil {
					t.Error(err)
				}
				outcomes <- fmt.Sprint(i)
			}()
			synctest.Wait()
		}
		close(opened) // the first caller sends all three, and reads
		synctest.Wait()
		w := s.made(0)
		if w.sent() != 3 || w.flushes != 1 {
			t.Errorf("%d were sent in %d batches", w.sent(), w.flushes)
		}
		for i := range 3 {
			w.answer(1)
			if got := <-outcomes; got != fmt.Sprint(i) {
				t.Errorf("reply %d came to caller %s", i, got)
			}
		}
		finished(t, m, s)
	})
}
