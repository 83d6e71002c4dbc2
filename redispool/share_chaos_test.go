package redispool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// TestShareChaos has callers send unique tokens to a real server, while connections are killed, calls are canceled and time
// out, and the server sleeps. No caller ever gets another's reply. A call that was canceled loses no connection: in the
// first part nothing else happens, and none is lost. With RESPOOL_CHAOS=1 there are ten million calls.
func TestShareChaos(t *testing.T) {
	calls := int64(30_000)
	if testing.Short() {
		calls = 5000
	}
	if os.Getenv("RESPOOL_CHAOS") == "1" {
		calls = 5_000_000
	}
	server := redistest.Start(t)
	for _, kills := range []bool{false, true} {
		for _, few := range []bool{false, true} {
			t.Run(fmt.Sprintf("kills %v, few callers %v", kills, few), func(t *testing.T) {
				w := &shareChaos{t: t, addr: server.Addr(), calls: calls, callers: 40, share: 3}
				if few { // a call is now alone, now joined
					w.calls, w.callers, w.share = calls/3, 3, 1
				}
				w.left.Store(w.calls)
				w.run(kills)
			})
		}
	}
}

type shareChaos struct {
	t    *testing.T
	addr string
	pool *Pool

	callers, share int
	calls          int64        // to make in all
	left           atomic.Int64 // calls to make

	answered, canceled, broken atomic.Int64
}

func (w *shareChaos) run(kills bool) {
	w.pool = sharingPool(w.t, w.addr, w.share, redis.DialReadTimeout(30*time.Second))
	var calling, disturbing sync.WaitGroup
	for g := range w.callers {
		calling.Go(func() { w.caller(g) })
	}
	calling.Go(func() { w.borrower() })
	if kills {
		disturbing.Go(func() { w.disturb() })
	}
	calling.Wait()
	disturbing.Wait()
	atRest(w.t, w.pool)
	st := w.pool.ShareStats()
	w.report(w.calls)
	w.t.Logf("%+v", st)
	if !kills && (st.Broken != 0 || w.broken.Load() != 0 || w.pool.ResourceStats().Closed.Discarded != 0) {
		w.t.Errorf("%d connections were lost, though none was killed: %+v", st.Broken, w.pool.ResourceStats().Closed)
	}
	if w.answered.Load() == 0 || w.canceled.Load() == 0 || kills && w.broken.Load() == 0 {
		w.t.Error("not everything has happened")
	}
}

func (w *shareChaos) caller(g int) {
	random := rand.New(rand.NewPCG(uint64(g), rand.Uint64()))
	size := []int{0, 0, 0, 10, 100, 3000, 20_000}
	for i := 0; ; i++ {
		left := w.left.Add(-1)
		if left < 0 {
			return
		}
		if left%500_000 == 0 {
			w.report(w.calls - left)
		}
		token := fmt.Sprintf("%d-%d-%s", g, i, strings.Repeat("x", size[random.IntN(len(size))]))
		bytes := []byte(token)
		ctx, cancel := context.Background(), func() {}
		c := w.pool.Get()
		timeout := time.Minute
		switch random.IntN(4) {
		case 0:
			ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(1000))*time.Microsecond)
		case 1:
			ctx, cancel = context.WithCancel(ctx)
			for range random.IntN(3) {
				go cancel()
			}
		case 2:
			timeout = time.Duration(1+random.IntN(1000)) * time.Microsecond
		}
		var got string
		var err error
		switch {
		case timeout < time.Minute:
			got, err = redis.String(redis.DoWithTimeout(c, timeout, "ECHO", bytes))
		case random.IntN(2) == 0:
			got, err = redis.String(w.pool.Do(ctx, "ECHO", bytes))
		default:
			got, err = redis.String(redis.DoContext(c, ctx, "ECHO", bytes))
		}
		clear(bytes) // the caller's again
		w.judge(token, got, err, ctx)
		cancel()
		c.Close()
	}
}

// report says how far the calls are: ten million take a while.
func (w *shareChaos) report(begun int64) {
	w.t.Logf("%d calls begun: %d answered, %d canceled, %d broken", begun, w.answered.Load(), w.canceled.Load(), w.broken.Load())
}

func (w *shareChaos) judge(token, got string, err error, ctx context.Context) {
	var timeout net.Error
	switch {
	case err == nil && got == token:
		w.answered.Add(1)
	case err == nil:
		w.t.Errorf("%.40q was answered with %.40q", token, got)
	case ctx.Err() != nil && errors.Is(err, ctx.Err()), errors.As(err, &timeout) && timeout.Timeout():
		w.canceled.Add(1)
	default:
		w.broken.Add(1)
	}
}

// borrower uses connections of its own beside the shared ones.
func (w *shareChaos) borrower() {
	for i := 0; w.left.Load() > 0; i++ {
		c := w.pool.Get()
		key := fmt.Sprint("borrower", i)
		c.Send("MULTI")
		c.Send("ECHO", key)
		reply, err := redis.Strings(c.Do("EXEC"))
		if err == nil && (len(reply) != 1 || reply[0] != key) {
			w.t.Errorf("a transaction was answered with %q", reply)
		}
		c.Do("BLPOP", "nothing", 0.001)
		c.Close()
	}
}

// disturb kills the connections of all others, and has the server sleep.
func (w *shareChaos) disturb() {
	for w.left.Load() > 0 {
		for goal := w.pool.ShareStats().Calls + 300; w.pool.ShareStats().Calls < goal && w.left.Load() > 0; {
			runtime.Gosched()
		}
		c, err := redis.Dial("tcp", w.addr)
		if err != nil {
			w.t.Error(err)
			return
		}
		c.Do("DEBUG", "SLEEP", 0.002)
		c.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
		c.Close()
	}
}
