package resource_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/respool/respool/resource"
)

// printer is an observer that prints why resources come and go.
type printer struct{}

func (printer) Observe(e resource.Event) {
	switch e.Kind {
	case resource.EventOpened:
		fmt.Printf("%s: resource %d opened\n", e.Pool, e.Resource)
	case resource.EventOpenFailed, resource.EventRefused:
		fmt.Printf("%s: %v: %v\n", e.Pool, e.Kind, e.Err)
	case resource.EventClosed:
		fmt.Printf("%s: resource %d closed (%v)\n", e.Pool, e.Resource, e.Reason)
	}
}

// counter is an observer that counts events by their kind.
type counter struct {
	mu    sync.Mutex
	count map[resource.EventKind]int
}

func (c *counter) Observe(e resource.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count[e.Kind]++
}

func (c *counter) of(kind resource.EventKind) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count[kind]
}

// An observer hears of each event with its reason. Two observers share a pool.
func ExampleObserver() {
	ctx := context.Background()
	counts := &counter{count: map[resource.EventKind]int{}}
	down := false
	pool, err := resource.New(resource.Config[int]{
		Name: "mail",
		Open: func(context.Context) (int, error) {
			if down {
				return 0, errors.New("connection refused")
			}
			return 1, nil
		},
		Observer: resource.Observers(printer{}, counts),
	})
	if err != nil {
		log.Fatal(err)
	}

	lease, err := pool.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	lease.Discard()
	down = true
	if _, err := pool.Acquire(ctx); err == nil {
		log.Fatal("the server is down")
	}
	pool.Close()
	fmt.Println("leases:", counts.of(resource.EventAcquired))
	// Output:
	// mail: resource 1 opened
	// mail: resource 1 closed (discarded)
	// mail: open_failed: resource: open: connection refused
	// mail: refused: resource: open: connection refused
	// leases: 1
}

// A histogram of five queries, and one of those that came after the third.
func ExampleHistogram() {
	third := resource.HistogramOf(3*time.Millisecond, 4*time.Millisecond, 5*time.Millisecond)
	fifth := third.Merge(resource.HistogramOf(20*time.Millisecond, 80*time.Millisecond))

	fmt.Println("mean:", fifth.Mean())
	fmt.Println("median:", fifth.Quantile(0.5).Round(time.Millisecond))
	fmt.Println("not longer than 20 ms:", fifth.AtMost(20*time.Millisecond), "of", fifth.Count())
	fmt.Println("the sum of the last two:", fifth.Sub(third).Sum())
	// Output:
	// mean: 22.4ms
	// median: 5ms
	// not longer than 20 ms: 4 of 5
	// the sum of the last two: 100ms
}

// The histograms of a pool are in its Stats. The difference of two snapshots says what has
// come between them.
func ExampleConfig_histograms() {
	ctx := context.Background()
	pool, err := resource.New(resource.Config[int]{
		Open:       func(context.Context) (int, error) { return 1, nil },
		MaxActive:  2,
		Histograms: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	use := func(ctx context.Context, v int) error { return nil }

	if err := pool.Do(ctx, use); err != nil {
		log.Fatal(err)
	}
	before := pool.Stats().Histograms
	for range 3 {
		if err := pool.Do(ctx, use); err != nil {
			log.Fatal(err)
		}
	}
	since := pool.Stats().Histograms.Sub(*before)
	fmt.Println("uses:", since.Use.Count(), "waits:", since.Wait.Count(), "opens:", since.Open.Count())
	// Output: uses: 3 waits: 0 opens: 0
}
