package multiplex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// FuzzMux has callers of all kinds call at once, while connections break, stall, retire, and get replies that nobody asked
// for. The seed decides what happens, not in which order goroutines run.
func FuzzMux(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed, uint8(1+seed%3), uint8(1+seed%20))
	}
	f.Fuzz(func(t *testing.T, seed uint64, links, callers uint8) {
		synctest.Test(t, func(t *testing.T) {
			chaos(t, seed, 1+int(links)%4, 1+int(callers)%32)
		})
	})
}

type chaosWorld struct {
	t      *testing.T
	m      *Mux
	s      *fakeSource
	mu     sync.Mutex
	random *rand.Rand
}

func (w *chaosWorld) draw(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.random.IntN(n)
}

var errCut = errors.New("cut")

func chaos(t *testing.T, seed uint64, links, callers int) {
	w := &chaosWorld{t: t, random: rand.New(rand.NewPCG(seed, seed))}
	w.s = &fakeSource{idle: w.draw(2)}
	w.s.prepare = func(wire *fakeWire) {
		wire.stalled = w.draw(20) == 0
		if wire.inKernel = w.draw(2) == 0; wire.inKernel {
			wire.onArrived = func() bool { return w.draw(10) == 0 }
		}
		wire.onSend = func(string, []any) error {
			for range w.draw(4) {
				runtime.Gosched()
			}
			if w.draw(300) == 0 {
				return errCut
			}
			return nil
		}
	}
	w.s.opening = func(ctx context.Context) error {
		switch w.draw(20) {
		case 0:
			return errCut
		case 1:
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
			}
		}
		return nil
	}
	w.m = New(w.s, links, 10*time.Second, Bounds{Calls: 1 + w.draw(20), Bytes: 20 + w.draw(2000)})
	if w.draw(2) == 0 {
		w.m.PollFor(time.Duration(1+w.draw(5)) * time.Microsecond)
		w.m.poller.choice.add(w.draw(2) == 0, time.Microsecond)
	}
	var calling, disturbing sync.WaitGroup
	end := make(chan struct{})
	disturbing.Go(func() { w.disturb(end) })
	for g := range callers {
		calling.Go(func() {
			for i := range 30 {
				w.call(fmt.Sprintf("%d-%d", g, i))
			}
		})
	}
	calling.Wait()
	close(end)
	disturbing.Wait()
	w.s.mu.Lock()
	for _, wire := range w.s.wires {
		wire.stall(false)
	}
	w.s.mu.Unlock()
	time.Sleep(time.Minute) // what hangs is given up
	synctest.Wait()
	finished(t, w.m, w.s)
}

// call makes one call of some kind. It must end with its own reply, or with one of the errors that can have caused it.
func (w *chaosWorld) call(token string) {
	ctx, cancel := context.Background(), func() {}
	r := &Request{Cmd: "ECHO"}
	switch w.draw(4) {
	case 0:
		ctx, cancel = context.WithTimeout(ctx, time.Duration(w.draw(3))*time.Second)
	case 1:
		r.Timed, r.Timeout = true, time.Duration(w.draw(3))*time.Second
	}
	defer cancel()
	for range w.draw(10) {
		token += "-0123456789"
	}
	arg := []byte(token)
	r.Ctx, r.Args = ctx, []any{string(arg)}
	if w.draw(3) == 0 {
		r.Args = []any{byteArg(arg)}
	}
	reply, _, err := w.m.Do(r)
	clear(arg) // the caller's again
	switch {
	case err == nil && reply != token:
		w.t.Errorf("got %v for %q", reply, token)
	case err == nil, errors.Is(err, errCut), errors.Is(err, errUnexpected), errors.Is(err, io.EOF), ctx.Err() != nil && errors.Is(err, ctx.Err()), errors.Is(err, errTimeout):
	default:
		w.t.Errorf("%q: %v", token, err)
	}
}

// byteArg is an argument of the program's own type.
type byteArg []byte

func (b byteArg) RedisArg() any { return string(b) }

// disturb breaks connections, lets them retire, and stalls them, until end is closed.
func (w *chaosWorld) disturb(end chan struct{}) {
	for {
		select {
		case <-end:
			return
		case <-time.After(time.Duration(w.draw(1000)) * time.Millisecond):
		}
		w.s.mu.Lock()
		all := w.s.wires
		w.s.mu.Unlock()
		if len(all) == 0 {
			continue
		}
		wire := all[len(all)-1-w.draw(min(len(all), 4))]
		switch w.draw(5) {
		case 0:
			wire.fail(errCut)
		case 1:
			wire.mu.Lock()
			wire.outdated = true
			wire.mu.Unlock()
			w.m.Refresh()
		case 2:
			w.m.Limit(1 + w.draw(len(w.m.links)))
		default:
			for _, x := range all {
				x.stall(false)
			}
		}
	}
}
