package resource_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/puddle/v2"

	"github.com/respool/respool/resource"
)

// TestPlaceOfWhatIsBeingClosed shows why closing is a state here. Puddle frees
// the place of a resource before it is closed, and so makes two where one is
// allowed.
func TestPlaceOfWhatIsBeingClosed(t *testing.T) {
	for _, c := range []struct {
		name string
		new  func(int, chan struct{}) *peer
		most int
	}{{"puddle", newTheirs, 2}, {"respool", newOurs, 1}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := make(chan struct{})
				p := c.new(1, slow)
				p.do(peerStep{"acquire", 0})
				p.do(peerStep{"open", 0})
				p.do(peerStep{"release", 0})
				go p.reset()
				synctest.Wait()
				p.do(peerStep{"acquire", 0})
				for len(p.yard.gates) > 0 {
					p.do(peerStep{"open", 0})
				}
				close(slow)
				synctest.Wait()
				for len(p.yard.gates) > 0 {
					p.do(peerStep{"open", 0})
				}
				p.do(peerStep{"release", 0})
				p.do(peerStep{"close", 0})
				if p.yard.most != c.most {
					t.Errorf("%d existed at a time, want %d", p.yard.most, c.most)
				}
				want := peerView{
					Counts:   peerCounts{Acquired: 2},
					Outcomes: []string{"got 1", "got 2"}, Closed: []int{1, 2}, ShutdownOver: true,
				}
				if diff := cmp.Diff(want, p.look()); diff != "" {
					t.Errorf("in the end (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestPlaceOfWhatExits has the first Open call runtime.Goexit, as a test does
// that fails there. In puddle its place is lost for good: the caller never
// returns, and neither does any later caller. (Close would not return either, so
// it is not called here.)
func TestPlaceOfWhatExits(t *testing.T) {
	first := true
	open := func(context.Context) (int, error) {
		if first {
			first = false
			runtime.Goexit()
		}
		return 1, nil
	}
	// twice acquires on two goroutines, one after another, and returns how far
	// each has got after an hour.
	twice := func(acquire func(context.Context) error) (ends [2]error) {
		first = true
		for i := range ends {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				ends[i] = errPeer // stays if the goroutine exits
				ends[i] = acquire(ctx)
			}()
			<-ended
			cancel()
		}
		return ends
	}
	synctest.Test(t, func(t *testing.T) {
		theirs, err := puddle.NewPool(&puddle.Config[int]{Constructor: open, Destructor: func(int) {}, MaxSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		got := twice(func(ctx context.Context) error { _, err := theirs.Acquire(ctx); return err })
		if want := [2]error{context.DeadlineExceeded, context.DeadlineExceeded}; got != want {
			t.Errorf("puddle: acquires ended with %v, want %v", got, want)
		}
		if n := theirs.Stat().ConstructingResources(); n != 1 {
			t.Errorf("puddle: %d are under construction, want the one that is lost", n)
		}
	})
	for _, detached := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ours, err := resource.New(resource.Config[int]{Open: open, MaxActive: 1, OpenDetached: detached})
			if err != nil {
				t.Fatal(err)
			}
			got := twice(func(ctx context.Context) error { return ours.Do(ctx, func(context.Context, int) error { return nil }) })
			if want := [2]error{errPeer, nil}; got != want {
				t.Errorf("detached %v: acquires ended with %v, want an exit and a lease", detached, got)
			}
			if err := ours.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCloseWhileOneIsOpened closes a pool while a TryAcquire opens, with an Open
// that ends when its context does. Puddle's Close neither ends that context nor
// has a bound; this pool's Close returns at once, and its Shutdown when its
// context ends.
func TestCloseWhileOneIsOpened(t *testing.T) {
	open := func(ctx context.Context) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	returned := func(f func()) <-chan struct{} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f()
		}()
		return done
	}
	isClosed := func(done <-chan struct{}) bool {
		synctest.Wait()
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	synctest.Test(t, func(t *testing.T) {
		p, err := puddle.NewPool(&puddle.Config[int]{Constructor: open, Destructor: func(int) {}, MaxSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := p.TryAcquire(ctx); err != puddle.ErrNotAvailable {
			t.Fatalf("TryAcquire: %v", err)
		}
		closed := returned(p.Close)
		time.Sleep(time.Hour)
		if isClosed(closed) {
			t.Error("puddle: Close did return")
		}
		cancel()
		if !isClosed(closed) {
			t.Error("puddle: Close does not return when the construction has ended")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p, err := resource.New(resource.Config[int]{Open: open, MaxActive: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		tried := returned(func() { p.TryAcquire(ctx) })
		synctest.Wait()
		p.Close()
		bound, cancelBound := context.WithTimeout(t.Context(), time.Second)
		defer cancelBound()
		var out *resource.ShutdownError
		if err := p.Shutdown(bound); !errors.As(err, &out) || out.Opening != 1 {
			t.Errorf("Shutdown: %v, want that one is being opened", err)
		}
		cancel()
		if err := p.Shutdown(t.Context()); err != nil || !isClosed(tried) {
			t.Errorf("Shutdown when the opening has ended: %v", err)
		}
	})
}
