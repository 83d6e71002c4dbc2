package resource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// inspected prints what Inspect says of the resources and waiters, one to a line. Instants
// count from the beginning of the world.
func (w *world) inspected() string {
	in := w.pool.Inspect()
	var b strings.Builder
	for _, r := range in.Resources {
		since := "?"
		if !r.Since.IsZero() {
			since = r.Since.Sub(w.began).String()
		}
		fmt.Fprintf(&b, "%d %s since %s, age %v, uses %d\n", r.Number, r.State, since, r.Age, r.Uses)
	}
	for _, c := range in.Waiters {
		fmt.Fprintf(&b, "waits for %v\n", c.Age)
	}
	return b.String()
}

func (w *world) inspects(want ...string) {
	w.t.Helper()
	w.step()
	if got := w.inspected(); got != strings.Join(want, "\n")+"\n" {
		w.t.Errorf("got\n%swant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestInspect(t *testing.T) {
	inWorld(t, func(w *world) {
		slow := time.Duration(0)
		w.onOpen = func(context.Context, int) error { time.Sleep(slow); return nil }
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		w.onTest = func(context.Context, int, time.Time) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 4, Eviction: policy.IdleTimeout(time.Hour), BorrowTest: policy.IfIdleFor(time.Minute, policy.Test(w.test))})
		held := w.acquires(3)
		w.sleep(time.Second)
		w.release(held[0])
		w.sleep(time.Second)
		held[0] = w.acquire(1)
		slow = time.Minute
		opening := w.start(context.Background())
		w.sleep(time.Second)
		first := w.start(context.Background())
		w.sleep(time.Second)
		second := w.start(context.Background())
		w.sleep(time.Second)
		discarded := w.startEnd(held[1].Discard)
		w.inspects(
			"1 leased since ?, age 5s, uses 2",
			"2 closing since 5s, age 5s, uses 1",
			"3 leased since ?, age 5s, uses 1",
			"4 opening since 2s, age 0s, uses 0",
			"waits for 2s",
			"waits for 1s",
		)
		w.sleep(2 * time.Minute)
		discarded.returned(nil)
		w.release(opening.granted(4), first.granted(5))
		w.closed(2)
		w.opened(4, 5)
		w.inspects(
			"1 leased since ?, age 2m5s, uses 2",
			"3 leased since ?, age 2m5s, uses 1",
			"4 leased since ?, age 1m3s, uses 2",
			"5 idle since 2m5s, age 59s, uses 1",
		)
		w.sleep(2 * time.Minute)
		checked := w.start(context.Background())
		w.inspects(
			"1 leased since ?, age 4m5s, uses 2",
			"3 leased since ?, age 4m5s, uses 1",
			"4 leased since ?, age 3m3s, uses 2",
			"5 testing since 4m5s, age 2m59s, uses 1",
		)
		w.sleep(time.Second)
		w.tested(5)
		w.release(held[0], held[2], second.granted(4), checked.granted(5))
		w.sleep(time.Second)
		w.shut(1, 3, 4, 5)
	})
}

// The resource in the lane is where the word says, although the ledger believes that it
// is leased.
func TestInspectSeesTheLane(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 2, Eviction: policy.IdleTimeout(time.Hour)})
		w.idle(1)
		w.sleep(time.Second)
		w.release(w.acquire(1))
		w.lane(1, laneIdle)
		w.sleep(time.Second)
		w.inspects("1 idle since 1s, age 2s, uses 2")
		l := w.acquire(1)
		w.inspects("1 leased since ?, age 2s, uses 3")
		w.release(l)
		w.shut(1)
	})
}

func TestInspectTellsTheLastFailure(t *testing.T) {
	inWorld(t, func(w *world) {
		down := errors.New("down")
		w.onOpen = func(_ context.Context, n int) error {
			if n == 1 {
				return down
			}
			return nil
		}
		w.build(Config[*thing]{})
		if in := w.pool.Inspect(); in.LastOpenFailure != nil {
			t.Errorf("a failure before the first open: %+v", in.LastOpenFailure)
		}
		w.sleep(time.Second)
		w.start(context.Background()).returned(down)
		w.failed(1)
		w.sleep(time.Second)
		in := w.pool.Inspect()
		if f := in.LastOpenFailure; f == nil || f.Text != "down" || f.Over || !f.Time.Equal(w.began.Add(time.Second)) {
			t.Errorf("got %+v", f)
		}
		if !in.Time.Equal(w.began.Add(2*time.Second)) || in.Stats != w.pool.Stats() {
			t.Errorf("got %+v", in)
		}
		w.release(w.acquire(2))
		w.opened(2)
		if f := w.pool.Inspect().LastOpenFailure; f == nil || !f.Over {
			t.Errorf("after a success: %+v", f)
		}
		text, err := json.Marshal(w.pool.Inspect())
		if want := `"resources":[{"number":2,"state":"idle","age":0,"uses":1}],"waiters":[],"last_open_failure":{`; err != nil || !strings.Contains(string(text), want) {
			t.Errorf("got %s, %v", text, err)
		}
		w.shut(2)
	})
}

// Every resource is met, whatever the size of a batch.
func TestInspectManyResources(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		n := 2*inspectBatch + 1
		held := w.acquires(n)
		in := w.pool.Inspect()
		for i, r := range in.Resources {
			if r.Number != uint64(i+1) {
				t.Fatalf("resource %d is listed as number %d", r.Number, i+1)
			}
		}
		if len(in.Resources) != n {
			t.Errorf("%d resources, want %d", len(in.Resources), n)
		}
		for _, l := range held {
			l.Discard()
		}
		w.closed(upTo(n)...)
	})
}

func TestInspectByKey(t *testing.T) {
	inKeyedWorld(t, KeyedConfig[string, keyedThing]{}, Config[keyedThing]{}, func(w *keyedWorld) {
		for _, key := range []string{"a", "b"} {
			l, err := w.k.Acquire(context.Background(), key)
			if err != nil {
				t.Fatal(err)
			}
			l.Release()
		}
		seen := map[string]int{}
		for key, in := range w.k.InspectByKey() {
			for _, r := range in.Resources {
				if r.State == "idle" && r.Uses == 1 {
					seen[key]++
				}
			}
		}
		if len(seen) != 2 || seen["a"] != 1 || seen["b"] != 1 {
			t.Errorf("got %v", seen)
		}
	})
}

// A resource keeps its age when another one goes.
func TestInspectAgeAfterAnotherIsGone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		var held []Lease[*thing]
		for n := range 3 {
			held = append(held, w.acquire(n+1))
			w.opened(n + 1)
			w.sleep(time.Second)
		}
		held[0].Discard()
		w.closed(1)
		w.inspects("2 leased since ?, age 2s, uses 1", "3 leased since ?, age 1s, uses 1")
		held[1].Discard()
		held[2].Discard()
		w.closed(2, 3)
	})
}
