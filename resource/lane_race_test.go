package resource

import "testing"

// empty takes the entry out of the lane, as a caller does that is about to wait.
// A release that looked before goes on as freed and reclaim do.
func (w *world) empty() {
	w.t.Helper()
	w.pool.lock()
	w.pool.unlock()
	w.lane(0, 0)
}

// freed is a release that has gone on until it will look at the pointer again. It
// returns what it knows then.
func (w *world) freed(l Lease[*thing]) (after word) {
	w.t.Helper()
	after = l.word.ended(laneIdle)
	if !l.e.word.CompareAndSwap(l.word, after) {
		w.t.Fatalf("the word is %d, that of the lease is %d", l.e.word.Load(), l.word)
	}
	return after
}

// Then the release takes the entry back and gives it to the ledger.
func TestReleaseToALaneThatIsEmptied(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.lanes(1)
		l := w.fromLane(1)
		w.empty()
		if st := w.pool.Stats(); st.Leased != 1 || st.Idle != 0 {
			t.Errorf("before: %+v", st)
		}
		w.pool.reclaim(l, w.freed(l))
		w.lane(1, laneIdle)
		over(t, l)
		if st := w.pool.Stats(); st.Leased != 0 || st.Idle != 1 || st.Acquired != 3 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}

// If another goroutine that saw the pointer too has leased the entry in the
// meantime, that goroutine has it, and its release reports both leases to the
// ledger.
func TestReleaseToALaneIsOvertaken(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.lanes(1)
		first := w.fromLane(1)
		w.empty()
		after := w.freed(first)
		if !first.e.word.CompareAndSwap(after, after.with(laneLeased)) {
			t.Fatal("it is not free")
		}
		second := Lease[*thing]{first.e, after.with(laneLeased)}
		w.pool.reclaim(first, after)
		w.lane(0, 0)
		over(t, first)
		if v, ok := second.ValueOK(); !ok || v.n != 1 {
			t.Errorf("the second holder has %v, %v", v, ok)
		}
		if st := w.pool.Stats(); st.Leased != 1 || st.Idle != 0 {
			t.Errorf("before: %+v", st)
		}
		w.release(second)
		over(t, second)
		w.lane(1, laneIdle)
		if st := w.pool.Stats(); st.Leased != 0 || st.Idle != 1 || st.Acquired != 4 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}
