package resource_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// stressWorld is where the pool's resources come from. It keeps its own account
// of them.
type stressWorld struct {
	limit    int64       // on places; 0: none
	uses     int         // of a resource; 0: no limit
	noFaults atomic.Bool // nothing goes wrong any more
	shut     atomic.Bool // the pool's Close has returned

	resets atomic.Int64 // begun
	floor  atomic.Int64 // a resource that was opened when fewer resets had begun is not lent any more

	// places is how many resources are being opened, or exist. The count goes
	// down a little too early rather than too late, so a count above limit is an
	// error.
	places, most                                         atomic.Int64
	opened, openFailed, closed, closeErrors, testsFailed atomic.Uint64
	cleanupErrors                                        atomic.Uint64

	mu    sync.Mutex
	wrong []string
}

func (w *stressWorld) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.wrong) < 10 {
		w.wrong = append(w.wrong, "\n"+fmt.Sprintf(format, args...))
	}
}

func (w *stressWorld) faults() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.wrong, "")
}

var errStress = errors.New("so it goes")

// mishap returns an error, panics with one, or calls Goexit, in chance of a
// hundred cases. If no caller can recover, it never panics or exits.
func (w *stressWorld) mishap(chance int, recovers bool) error {
	switch n := rand.IntN(100); {
	case w.noFaults.Load() || n >= chance:
		return nil
	case recovers && n%3 == 1:
		panic(errStress)
	case recovers && n%3 == 2:
		runtime.Goexit()
	}
	return errStress
}

func (w *stressWorld) open(ctx context.Context) (x *stressThing, err error) {
	n := w.places.Add(1)
	if w.limit > 0 && n > w.limit {
		w.fault("%d exist, the limit is %d", n, w.limit)
	}
	for most := w.most.Load(); n > most && !w.most.CompareAndSwap(most, n); most = w.most.Load() {
	}
	defer func() {
		if x != nil {
			w.opened.Add(1)
		} else {
			w.openFailed.Add(1)
			w.places.Add(-1)
		}
	}()
	resets := w.resets.Load()
	linger()
	// A resource that no caller waits for is opened on a goroutine of the pool.
	patient, _ := ctx.Value(stressPatient{}).(bool)
	if err := w.mishap(15, patient); err != nil {
		return nil, err
	}
	if rand.IntN(4) == 0 && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &stressThing{world: w, resets: resets, late: w.shut.Load()}, nil
}

func (w *stressWorld) close(x *stressThing) error {
	defer func() {
		w.closed.Add(1)
		w.places.Add(-1)
	}()
	x.pass(thingIdle, closed)
	if w.uses > 0 && x.uses > w.uses {
		w.fault("used %d times", x.uses)
	}
	linger()
	err := w.mishap(10, calledByStress())
	if err != nil {
		w.closeErrors.Add(1)
	}
	return err
}

func stressCheck(_ context.Context, x *stressThing, _ time.Time) error {
	passed := false
	x.pass(thingIdle, tested)
	defer func() {
		x.pass(tested, thingIdle)
		if !passed {
			x.world.testsFailed.Add(1)
		}
	}()
	linger()
	err := x.world.mishap(20, true)
	passed = err == nil
	return err
}

func stressCleanup(_ context.Context, x *stressThing) error {
	clean := false
	x.pass(thingIdle, tested)
	defer func() {
		x.pass(tested, thingIdle)
		if !clean {
			x.world.cleanupErrors.Add(1)
		}
	}()
	linger()
	err := x.world.mishap(10, calledByStress())
	clean = err == nil
	return err
}

// calledByStress reports whether a stressCaller is on the stack. A panic or
// Goexit elsewhere would end the program, or the timer's goroutine.
func calledByStress() bool {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, "(*stressCaller).step") {
			return true
		}
		if !more {
			return false
		}
	}
}

// linger gives the others a chance.
func linger() {
	switch n := rand.IntN(8); n {
	case 0: // not at all
	case 1:
		parked := make(chan struct{})
		go close(parked)
		<-parked
	default:
		for range n {
			runtime.Gosched()
		}
	}
}

// stressThing is a resource. It finds out if two use it at once, if it is used
// after its close, and if it is closed twice.
type stressThing struct {
	world  *stressWorld
	resets int64 // the world's when it was opened
	late   bool  // opened when the pool had been closed
	state  atomic.Int32
	uses   int // not atomic: the race detector sees whether the pool orders its holders
}

// The states of a stressThing.
const (
	thingIdle int32 = iota
	thingHeld
	tested
	closed
	detached
)

func (x *stressThing) pass(from, to int32) {
	if !x.state.CompareAndSwap(from, to) {
		names := [...]string{"free", "held", "tested", "closed", "detached"}
		x.world.fault("a resource to pass from %s to %s is %s", names[from], names[to], names[x.state.Load()])
	}
}
