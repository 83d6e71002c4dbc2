package pooldebug_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/pooldebug"
)

// world is a pool in a bubble that a test puts into a state.
type world struct {
	t       *testing.T
	pool    *resource.Pool[string]
	fails   error
	leases  []resource.Lease[string]
	callers context.Context
}

// inWorld runs a test with a pool of at most 4 resources in virtual time. An open takes 2 ms.
func inWorld(t *testing.T, set func(*resource.Config[string]), test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t}
		c := resource.Config[string]{
			Open: func(ctx context.Context) (string, error) {
				time.Sleep(2 * time.Millisecond)
				return "value that nobody may see", w.fails
			},
			Close:      func(string) error { return nil },
			MaxActive:  4,
			Histograms: true,
			Eviction:   policy.IdleTimeout(time.Hour),
		}
		if set != nil {
			set(&c)
		}
		var err error
		if w.pool, err = resource.New(c); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		w.callers = ctx
		test(t, w)
		cancel()
		for _, l := range w.leases {
			l.Release()
		}
		w.pool.Close()
		time.Sleep(10 * time.Minute) // until every call has returned
	})
}

// lease takes n resources and keeps them.
func (w *world) lease(n int) {
	w.t.Helper()
	for range n {
		l, err := w.pool.Acquire(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		w.leases = append(w.leases, l)
	}
}

// wait has n callers wait until the test is over.
func (w *world) wait(n int) {
	for range n {
		go func() {
			if l, err := w.pool.Acquire(w.callers); err == nil {
				l.Release()
			}
		}()
		synctest.Wait()
	}
}

// failOnce has an opening fail.
func (w *world) failOnce(err error) {
	w.t.Helper()
	w.fails = err
	if _, got := w.pool.Acquire(w.t.Context()); !errors.Is(got, err) {
		w.t.Fatalf("%v, want %v", got, err)
	}
	w.fails = nil
}

func handlerOf(t *testing.T, p pooldebug.Pool) *pooldebug.Handler {
	t.Helper()
	var h pooldebug.Handler
	if err := h.Add("orders", p); err != nil {
		t.Fatal(err)
	}
	return &h
}

// get asks for a page, and returns the answer with its text.
func get(h *pooldebug.Handler, query, accept string) (*httptest.ResponseRecorder, string) {
	r := httptest.NewRequest("GET", "/debug/pools"+query, nil)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w, w.Body.String()
}

func reportOf(t *testing.T, h *pooldebug.Handler, query string) pooldebug.Report {
	t.Helper()
	w, body := get(h, query, "application/json")
	var r pooldebug.Report
	if err := json.Unmarshal([]byte(body), &r); err != nil || w.Code != 200 {
		t.Fatalf("status %d, %v: %s", w.Code, err, body)
	}
	return r
}
