package resource

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// keyedModel says who has what in a Keyed whose functions take no time. It is as simple
// as the contract: one list of the idle, one list of the waiters.
type keyedModel struct {
	maxActive, maxIdle, perKey int
	idle                       []string // keys; the first has been idle longest
	leased                     map[int]string
	waiters                    []modelCaller
}

type modelCaller struct {
	client int
	key    string
}

func (m *keyedModel) of(key string) (n int) {
	for _, k := range m.idle {
		if k == key {
			n++
		}
	}
	for _, k := range m.leased {
		if k == key {
			n++
		}
	}
	return n
}

func (m *keyedModel) acquire(client int, key string) {
	own := -1
	for i, k := range m.idle {
		if k == key {
			own = i
		}
	}
	switch {
	case own >= 0:
		m.idle = slices.Delete(m.idle, own, own+1)
		m.leased[client] = key
	case m.of(key) < m.perKey && len(m.idle)+len(m.leased) < m.maxActive:
		m.leased[client] = key
	case m.of(key) < m.perKey && len(m.idle) > 0:
		m.idle = m.idle[1:]
		m.leased[client] = key
	default:
		m.waiters = append(m.waiters, modelCaller{client, key})
	}
}

// free is for a resource that came back: reuse says whether it can be used again.
func (m *keyedModel) free(client int, reuse bool) {
	key := m.leased[client]
	delete(m.leased, client)
	if reuse {
		// The first who could use it, or its place.
		i := slices.IndexFunc(m.waiters, func(w modelCaller) bool { return w.key == key || m.of(w.key) < m.perKey })
		if i < 0 {
			m.idle = append(m.idle, key)
			if len(m.idle) > m.maxIdle {
				m.idle = m.idle[1:]
			}
		} else {
			m.leased[m.waiters[i].client] = m.waiters[i].key
			m.waiters = slices.Delete(m.waiters, i, i+1)
		}
	}
	m.settle()
}

// settle serves whoever can be served now.
func (m *keyedModel) settle() {
	for len(m.idle)+len(m.leased) < m.maxActive || len(m.idle) > 0 {
		i := slices.IndexFunc(m.waiters, func(w modelCaller) bool { return m.of(w.key) < m.perKey })
		if i < 0 {
			return
		}
		if len(m.idle)+len(m.leased) == m.maxActive {
			m.idle = m.idle[1:]
		}
		m.leased[m.waiters[i].client] = m.waiters[i].key
		m.waiters = slices.Delete(m.waiters, i, i+1)
	}
}

func (m *keyedModel) leave(client int) {
	m.waiters = slices.DeleteFunc(m.waiters, func(w modelCaller) bool { return w.client == client })
	m.settle()
}

func (m *keyedModel) removeIdle(key string) {
	m.idle = slices.DeleteFunc(m.idle, func(k string) bool { return k == key })
	m.settle()
}

func (m *keyedModel) String() string {
	return fmt.Sprintf("idle %v, leased %v, waiting %v", m.idle, m.leased, m.waiters)
}

// TestKeyedTwin has real goroutines call a Keyed, one step after another, and compares
// who has what with the model after each.
func TestKeyedTwin(t *testing.T) {
	runs := 300
	if testing.Short() {
		runs = 30
	}
	for seed := range runs {
		keyedTwin(t, rand.New(rand.NewPCG(uint64(seed), 1)))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func keyedTwin(t *testing.T, r *rand.Rand) {
	m := &keyedModel{maxActive: 1 + r.IntN(4), maxIdle: 1 + r.IntN(4), perKey: 1 + r.IntN(3), leased: map[int]string{}}
	c := keyedConfig{MaxActive: m.maxActive, MaxIdle: m.maxIdle}
	var story []string
	inKeyedWorld(t, c, thingConfig{MaxActive: m.perKey}, func(w *keyedWorld) {
		calls := make([]*keyedCall, 8)
		defer func() {
			for _, c := range calls {
				if c != nil {
					c.cancel()
					w.step()
					c.lease.Release()
				}
			}
		}()
		for range 60 {
			i := r.IntN(len(calls))
			key := string(rune('a' + r.IntN(4)))
			c := calls[i]
			switch n := r.IntN(8); {
			case c == nil:
				story = append(story, fmt.Sprintf("%d wants %s", i, key))
				calls[i] = w.start(key)
				m.acquire(i, key)
			case !c.over() && n < 2:
				story = append(story, fmt.Sprintf("%d cancels", i))
				c.cancel()
				w.step()
				m.leave(i)
				calls[i] = nil
			case !c.over():
			case n < 6:
				story = append(story, fmt.Sprintf("%d releases", i))
				calls[i] = nil
				c.lease.Release()
				m.free(i, true)
			case n == 6:
				story = append(story, fmt.Sprintf("%d discards", i))
				calls[i] = nil
				c.lease.Discard()
				m.free(i, false)
			default:
				story = append(story, "retire "+key)
				w.k.Retire(func(k string, _ keyedThing) bool { return k == key && m.idleOnly(k) })
				if m.idleOnly(key) {
					m.removeIdle(key)
				}
			}
			w.step()
			if err := w.agrees(m, calls); err != nil {
				t.Errorf("%v\nmodel: %v\n%s", err, m, strings.Join(story, "\n"))
				return
			}
		}
	})
}

// idleOnly reports whether nothing of the key is leased.
func (m *keyedModel) idleOnly(key string) bool {
	for _, k := range m.leased {
		if k == key {
			return false
		}
	}
	return true
}

// agrees compares the model with the callers, and with the Stats.
func (w *keyedWorld) agrees(m *keyedModel, calls []*keyedCall) error {
	for i, c := range calls {
		key, leased := m.leased[i]
		waits := slices.ContainsFunc(m.waiters, func(w modelCaller) bool { return w.client == i })
		switch {
		case c == nil && (leased || waits):
			return fmt.Errorf("%d does nothing", i)
		case c == nil:
		case c.over() && c.err != nil:
			return fmt.Errorf("%d: %v", i, c.err)
		case c.over() != leased || !c.over() != waits:
			return fmt.Errorf("%d was served: %t", i, c.over())
		case leased && c.lease.Value().key != key:
			return fmt.Errorf("%d has %v", i, c.lease.Value())
		}
	}
	st := w.k.Stats()
	if st.Idle != len(m.idle) || st.Leased != len(m.leased) || st.Waiting != len(m.waiters) {
		return errors.New(st.String())
	}
	for key, st := range w.k.StatsByKey() {
		if st.Idle+st.Leased != m.of(key) {
			return fmt.Errorf("%s: %v", key, st)
		}
	}
	return nil
}

// TestKeyedFair: no key starves. 64 callers want resources of 200 keys, 32 at a time,
// and most want the same few. The longest wait is not much more than the mean one.
func TestKeyedFair(t *testing.T) {
	const callers, keys, total, cycles = 64, 200, 32, 60
	inKeyedWorld(t, keyedConfig{MaxActive: total}, thingConfig{MaxActive: 8}, func(w *keyedWorld) {
		w.onOpen = func(context.Context, keyedThing) error { time.Sleep(3 * time.Millisecond); return nil }
		w.onClose = func(keyedThing) { time.Sleep(time.Millisecond) }
		type waits struct {
			sum, longest time.Duration
			n            int
		}
		var rare, all waits
		note := func(ws *waits, d time.Duration) {
			ws.sum, ws.longest, ws.n = ws.sum+d, max(ws.longest, d), ws.n+1
		}
		done := make(chan struct{})
		for i := range callers {
			go func() {
				defer func() { done <- struct{}{} }()
				r := rand.New(rand.NewPCG(uint64(i), 2))
				zipf := rand.NewZipf(r, 1.3, 1, keys-1)
				for range cycles {
					n := zipf.Uint64()
					began := time.Now()
					l, err := w.k.Acquire(context.Background(), fmt.Sprintf("k%d-", n))
					if err != nil {
						t.Error(err)
						return
					}
					wait := time.Since(began)
					w.mu.Lock()
					note(&all, wait)
					if n > 20 {
						note(&rare, wait)
					}
					w.mu.Unlock()
					time.Sleep(5*time.Millisecond + time.Duration(r.IntN(10_000))*time.Microsecond)
					l.Release()
				}
			}()
		}
		for range callers {
			<-done
		}
		mean, meanRare := all.sum/time.Duration(all.n), rare.sum/time.Duration(rare.n)
		t.Logf("%d waits of %v on average, the longest %v; for rare keys %d waits of %v, the longest %v", all.n, mean, all.longest, rare.n, meanRare, rare.longest)
		if rare.longest > 4*mean+10*time.Millisecond || meanRare > 2*mean+10*time.Millisecond {
			t.Errorf("rare keys wait too long")
		}
		st := w.k.Stats()
		if st.PeakActive > total || st.Closed.Displaced == 0 {
			t.Errorf("got %v", st)
		}
		t.Logf("%v", st)
	})
}
