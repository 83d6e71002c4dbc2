package resource

import "testing"

// emptied is a release to the lane that is overtaken by whoever empties it: the
// release saw the pointer, then the lane was emptied, then the word was made free.
// It returns what the release goes on with.
func (w *world) emptied(l Lease[*thing]) (after uint64) {
	w.t.Helper()
	w.pool.lock() // as Reset or a caller that is about to wait would
	w.pool.unlock()
	w.lane(0, 0)
	after = l.word - lent + oneTurn
	if !l.e.word.CompareAndSwap(l.word, after+free) {
		w.t.Fatalf("the word is %d, that of the lease is %d", l.e.word.Load(), l.word)
	}
	return after
}

// Who releases then takes the entry back and gives it to the ledger.
func TestReleaseToALaneThatIsEmptied(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.lanes(1)
		l := w.fromLane(1)
		after := w.emptied(l)
		if st := w.pool.Stats(); st.Leased != 1 || st.Idle != 0 {
			t.Errorf("before: %+v", st)
		}
		w.pool.retrieve(l, after)
		w.lane(1, free)
		over(t, l)
		if st := w.pool.Stats(); st.Leased != 0 || st.Idle != 1 || st.Acquired != 3 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}

// Unless somebody who saw the pointer as well has leased it in the meantime: it is
// theirs, and their release tells the ledger of both.
func TestReleaseToALaneIsOvertaken(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.lanes(1)
		first := w.fromLane(1)
		after := w.emptied(first)
		if !first.e.word.CompareAndSwap(after+free, after+lent) {
			t.Fatal("it is not free")
		}
		second := Lease[*thing]{first.e, after + lent}
		w.pool.retrieve(first, after)
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
		w.lane(1, free)
		if st := w.pool.Stats(); st.Leased != 0 || st.Idle != 1 || st.Acquired != 4 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}
