package multiplex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gomodule/redigo/redis"
)

// fakeSource makes fake connections, whose server answers each command with its first argument.
type fakeSource struct {
	mu      sync.Mutex
	wires   []*fakeWire
	idle    int // connections that OpenIdle may give
	openErr error
	opening func(ctx context.Context) error // called by Open
	prepare func(w *fakeWire)
}

func (s *fakeSource) Open(ctx context.Context) (Wire, error) {
	if s.opening != nil {
		if err := s.opening(ctx); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.openErr != nil {
		return nil, s.openErr
	}
	return s.makeLocked(), nil
}

func (s *fakeSource) OpenIdle(context.Context) Wire {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle == 0 {
		return nil
	}
	return s.makeLocked()
}

func (s *fakeSource) makeLocked() *fakeWire {
	w := &fakeWire{source: s}
	w.more = sync.NewCond(&w.mu)
	if s.prepare != nil {
		s.prepare(w)
	}
	s.wires = append(s.wires, w)
	return w
}

func (s *fakeSource) made(i int) *fakeWire {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wires[i]
}

// fakeWire is a connection to a server that answers at once, unless it is stalled.
type fakeWire struct {
	source *fakeSource

	mu        sync.Mutex
	more      *sync.Cond
	unsent    []any
	replies   []any
	stalled   bool // the server does not answer
	credit    int  // except so many times
	closed    int
	cause     error
	failed    error // the error of all operations
	outdated  bool
	sends     int
	flushes   int
	onSend    func(cmd string, args []any) error
	onReceive func() error
	onClose   func()
	onArrived func() bool // called by Arrived, which returns its result; nil: Arrived cannot tell
	inKernel  bool        // replies wait in the kernel until Receive buffers all of them; only these are unread
	buffered  int         // replies, if inKernel
	sending   bool
	reading   bool
	misuse    string
}

func (w *fakeWire) Send(cmd string, args []any) error {
	w.mu.Lock()
	if w.sending {
		w.misuse = "two goroutines send"
	}
	w.sending = true
	failed, hook := w.failed, w.onSend
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.sending = false
		w.mu.Unlock()
	}()
	if failed != nil {
		return failed
	}
	var reply any = "nothing"
	if len(args) > 0 {
		reply = fmt.Sprint(args[0])
	}
	if cmd == "FAIL" {
		reply = redis.Error(fmt.Sprint(args[0]))
	}
	if hook != nil {
		if err := hook(cmd, args); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sends++
	w.unsent = append(w.unsent, reply)
	return nil
}

func (w *fakeWire) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return w.failed
	}
	w.flushes++
	w.replies = append(w.replies, w.unsent...)
	w.unsent = nil
	w.more.Broadcast()
	return nil
}

func (w *fakeWire) Receive(bool) (any, error) {
	if w.onReceive != nil {
		if err := w.onReceive(); err != nil {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.replies = w.replies[1:]; w.Judge(err) == Broken {
				w.failed = err
			}
			return nil, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reading {
		w.misuse = "two goroutines receive"
	}
	w.reading = true
	defer func() { w.reading = false }()
	for w.failed == nil && (w.stalled && w.credit == 0 || len(w.replies) == 0) {
		w.more.Wait()
	}
	w.credit = max(w.credit-1, 0)
	if w.failed != nil {
		return nil, w.failed
	}
	if w.buffered == 0 {
		w.buffered = len(w.replies)
	}
	w.buffered--
	r := w.replies[0]
	w.replies = w.replies[1:]
	if e, ok := r.(redis.Error); ok {
		return nil, e
	}
	return r, nil
}

func (w *fakeWire) Judge(err error) Verdict {
	var e redis.Error
	switch {
	case !errors.As(err, &e):
		return Broken
	case e == "READONLY":
		return Retire
	}
	return Keep
}

func (w *fakeWire) Unread() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.replies) > 0 && (!w.inKernel || w.buffered > 0)
}

func (w *fakeWire) AtHand() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.replies) > 0 && (!w.inKernel || w.buffered > 0) && (!w.stalled || w.credit > 0)
}

func (w *fakeWire) Arrived() (arrived, known bool) {
	if w.onArrived == nil {
		return false, false
	}
	return w.onArrived(), true
}

func (w *fakeWire) Outdated() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.outdated
}

func (w *fakeWire) Break() { w.fail(io.EOF) }

func (w *fakeWire) Close(cause error, _ bool) {
	if w.onClose != nil {
		w.onClose()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed++
	w.cause = cause
}

func (w *fakeWire) closes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

func (w *fakeWire) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed == nil {
		w.failed = err
	}
	w.more.Broadcast()
}

func (w *fakeWire) stall(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stalled = on
	w.more.Broadcast()
}

// push has the server send a reply that nobody asked for.
func (w *fakeWire) push(reply any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.replies = append(w.replies, reply)
	w.more.Broadcast()
}

// finish waits for what goes on, and checks that nothing is left of it.
func finish(t *testing.T, m *Mux, s *fakeSource) {
	t.Helper()
	synctest.Wait()
	finished(t, m, s)
}

// finished checks that the Mux is at rest, and that every connection was given back once.
func finished(t *testing.T, m *Mux, s *fakeSource) {
	t.Helper()
	if st := m.Stats(); st.Connections != 0 || st.UnderWay != 0 {
		t.Errorf("not at rest: %+v", st)
	}
	for i := range m.links {
		l := &m.links[i]
		l.mu.Lock()
		if l.phase.Load() != closed || l.wire != nil || l.writing || l.reading || len(l.queue)+len(l.flight)+l.flying+l.flyingBytes != 0 || l.watch.runs {
			t.Errorf("link %d is not at rest: %s", i, l.describeLocked())
		}
		l.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, w := range s.wires {
		if w.closed != 1 {
			t.Errorf("connection %d was given back %d times", i, w.closed)
		}
		if w.misuse != "" {
			t.Errorf("connection %d: %s", i, w.misuse)
		}
	}
}

func (l *link) describeLocked() string {
	return fmt.Sprintf("phase %d, wire %v, writing %v, reading %v, %d in the queue, %d in flight, flying %d (%d bytes), watch %v",
		l.phase.Load(), l.wire != nil, l.writing, l.reading, len(l.queue), len(l.flight), l.flying, l.flyingBytes, l.watch.runs)
}

var wide = Bounds{Calls: 1000, Bytes: 1 << 20}
