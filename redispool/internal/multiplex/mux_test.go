package multiplex

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// echo calls and checks that the reply is the call's own.
func echo(m *Mux, ctx context.Context, token string) error {
	reply, _, err := m.Do(&Request{Ctx: ctx, Cmd: "ECHO", Args: []any{token}})
	if err == nil && reply != token {
		return fmt.Errorf("got %v for %q", reply, token)
	}
	return err
}

// startCall has a caller echo a token on another goroutine, and returns when it waits for something.
func startCall(m *Mux, ctx context.Context, token string, outcomes chan<- error) {
	go func() { outcomes <- echo(m, ctx, token) }()
	synctest.Wait()
}

// allAnswered waits for n callers, none of which may get an error.
func allAnswered(t *testing.T, outcomes <-chan error, n int) {
	t.Helper()
	for range n {
		if err := <-outcomes; err != nil {
			t.Error(err)
		}
	}
}

func TestReplies(t *testing.T) {
	for _, links := range []int{1, 3} {
		for _, callers := range []int{1, 2, 5, 50} {
			for _, mayLeave := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					s := &fakeSource{idle: 1}
					m := New(s, links, time.Second, wide)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if !mayLeave {
						ctx = nil
					}
					var wg sync.WaitGroup
					for g := range callers {
						wg.Go(func() {
							for i := range 100 {
								if err := echo(m, ctx, fmt.Sprintf("%d-%d", g, i)); err != nil {
									t.Error(err)
								}
							}
						})
					}
					wg.Wait()
					finish(t, m, s)
					if st := m.Stats(); st.Calls != uint64(100*callers) || st.Broken != 0 || st.Left != 0 {
						t.Errorf("%+v", st)
					}
				})
			}
		}
	}
}

// TestErrorReplies: an error reply is the caller's, and the connection goes on.
func TestErrorReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m := New(s, 1, 0, wide)
		_, o, err := m.Do(&Request{Cmd: "FAIL", Args: []any{"ERR no"}})
		if err == nil || err.Error() != "ERR no" || o != Over {
			t.Errorf("%v, %v", o, err)
		}
		finished(t, m, s)
	})
}

// stalled makes a Mux whose first connection has a server that does not answer, and n callers that wait for it.
func stalled(t *testing.T, s *fakeSource, n int, ctx context.Context) (m *Mux, outcomes chan error) {
	s.prepare = func(w *fakeWire) { w.stalled = len(s.wires) == 0 }
	m = New(s, 1, time.Minute, wide)
	outcomes = make(chan error, n)
	for i := range n {
		startCall(m, ctx, fmt.Sprint(i), outcomes)
	}
	return m, outcomes
}

// TestRetire: after a READONLY what is in flight is answered, and the rest goes to another connection.
func TestRetire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 2, nil)
		refused := make(chan error, 1)
		go func() {
			_, _, err := m.Do(&Request{Cmd: "FAIL", Args: []any{"READONLY"}})
			refused <- err
		}()
		synctest.Wait()
		startCall(m, nil, "behind", outcomes)
		s.made(0).stall(false)
		allAnswered(t, outcomes, 3)
		if err := <-refused; err == nil || err.Error() != "READONLY" {
			t.Error(err)
		}
		finish(t, m, s)
	})
}

// TestRefresh: a connection that is outdated takes no further calls. Those go to another one.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 2, nil)
		s.made(0).outdated = true
		m.Refresh()
		startCall(m, nil, "later", outcomes)
		if n := s.made(0).sends; n != 2 {
			t.Errorf("%d calls were sent on the connection that is outdated", n)
		}
		s.made(0).stall(false)
		allAnswered(t, outcomes, 3)
		finish(t, m, s)
		if len(s.wires) != 2 {
			t.Errorf("%d connections", len(s.wires))
		}
	})
}

// TestOutdatedUnderLoad: a connection that is never quiet is asked now and then whether it is outdated.
func TestOutdatedUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 1, nil)
		s.made(0).outdated = true
		for i := range 3 {
			time.Sleep(checkEvery)
			startCall(m, nil, fmt.Sprint("busy", i), outcomes)
		}
		if n := s.made(0).sends; n != 2 { // the first time only notes when to ask
			t.Errorf("%d calls were sent", n)
		}
		s.made(0).stall(false)
		allAnswered(t, outcomes, 4)
		finish(t, m, s)
	})
}

func TestShut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m, outcomes := stalled(t, s, 2, nil)
		closed := errors.New("closed")
		m.Shut(closed)
		if _, o, err := m.Do(&Request{Cmd: "PING"}); err != closed || o != NotOpened {
			t.Errorf("%v, %v", o, err)
		}
		s.made(0).stall(false)
		allAnswered(t, outcomes, 2)
		finish(t, m, s)
	})
}

// TestBytesAreCopied: a caller that has left may change its bytes.
func TestBytesAreCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		var sent []string
		s := &fakeSource{opening: func(context.Context) error { <-hold; return nil }, prepare: func(w *fakeWire) {
			w.onSend = func(_ string, args []any) error {
				if b, ok := args[0].([]byte); ok {
					sent = append(sent, string(b))
				} else {
					sent = append(sent, fmt.Sprint(args[0]))
				}
				return nil
			}
		}}
		m := New(s, 1, 0, wide)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		arg, args := []byte("before"), make([]any, 1)
		args[0] = arg
		done := make(chan struct{})
		go func() {
			defer close(done)
			m.Do(&Request{Ctx: ctx, Cmd: "ECHO", Args: args})
		}()
		go echo(m, nil, "other")
		synctest.Wait()
		copy(arg, "after!")
		args[0] = "after"
		close(hold)
		<-done
		synctest.Wait()
		if strings.Contains(fmt.Sprint(sent), "after") {
			t.Errorf("sent %q", sent)
		}
		finish(t, m, s)
	})
}
