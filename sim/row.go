package sim

import "github.com/respool/respool/resource/ledger"

// row is slots that one goroutine closes, one after another.
type row struct{ handles []ledger.Handle }

type rows struct {
	all  []row
	free []int32
}

// closeRow begins to close first, what else w has, and own at last.
func (e *engine) closeRow(first ledger.Handle, w *ledger.Work, own *ledger.Handle) {
	rs := &e.rows
	var i int32
	if n := len(rs.free); n > 0 {
		i, rs.free = rs.free[n-1], rs.free[:n-1]
	} else {
		i = int32(len(rs.all))
		rs.all = append(rs.all, row{})
	}
	handles := append(rs.all[i].handles[:0], first)
	for h, ok := w.Close(); ok; h, ok = w.Close() {
		handles = append(handles, h)
	}
	if own != nil {
		handles = append(handles, *own)
	}
	rs.all[i].handles = handles
	e.closeNext(i)
}

func (e *engine) closeNext(i int32) {
	h := e.rows.all[i].handles[0]
	e.conns.closing(h)
	e.pending++
	e.agenda.add(e.now.Add(e.sc.World.CloseLatency.sample(e.random.close)), cleared, i, 0)
}

// rowClosed ends the close of a row's first slot.
func (e *engine) rowClosed(i int32) {
	e.pending--
	handles := e.rows.all[i].handles
	h := handles[0]
	e.rows.all[i].handles = handles[1:]
	e.conns.gone(h)
	a := e.ledger.Closed(e.now, h)
	e.seen(Event{Name: "closed", Handle: h, Answer: a})
	if len(handles) > 1 {
		e.closeNext(i)
	} else {
		e.rows.free = append(e.rows.free, i)
	}
	e.after(a)
}
