package poolotel_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolotel"
)

// paths returns each span with its ancestors, in the order of the names: request/pool.acquire.
func paths(spans tracetest.SpanStubs) (all []string) {
	for _, s := range spans {
		path := s.Name
		for parent := s.Parent; parent.IsValid(); {
			i := slices.IndexFunc(spans, func(o tracetest.SpanStub) bool { return o.SpanContext.SpanID() == parent.SpanID() })
			if i < 0 {
				path = "?/" + path
				break
			}
			path, parent = spans[i].Name+"/"+path, spans[i].Parent
		}
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

// TestSpanParents has pools open in each way, while their callers have a span.
func TestSpanParents(t *testing.T) {
	type world struct {
		*testing.T
		tracer *trace.TracerProvider
		make   func(set func(*resource.Config[int])) *resource.Pool[int]
	}
	child := func(w world, ctx context.Context, name string) {
		_, span := w.tracer.Tracer("test").Start(ctx, name)
		span.End()
	}
	down := errors.New("down")
	for name, c := range map[string]struct {
		do   func(w world, ctx context.Context)
		want []string
	}{
		"an open": {func(w world, ctx context.Context) {
			p := w.make(func(c *resource.Config[int]) {
				c.Open = func(ctx context.Context) (int, error) { child(w, ctx, "handshake"); return 1, nil }
			})
			for range 2 { // the second one opens nothing
				l, err := p.Acquire(ctx)
				if err != nil {
					w.Fatal(err)
				}
				l.Release()
			}
		}, []string{"request", "request/pool.acquire", "request/pool.acquire", "request/pool.acquire/pool.open", "request/pool.acquire/pool.open/handshake"}},
		"one that fails": {func(w world, ctx context.Context) {
			p := w.make(func(c *resource.Config[int]) {
				c.Open = func(ctx context.Context) (int, error) { return 0, down }
			})
			if _, err := p.Acquire(ctx); !errors.Is(err, down) {
				w.Error(err)
			}
		}, []string{"request", "request/pool.acquire", "request/pool.acquire/pool.open"}},
		"a second one, after a pause": {func(w world, ctx context.Context) {
			n := 0
			p := w.make(func(c *resource.Config[int]) {
				c.OpenBackoff, c.WaitTimeout = policy.Backoff{Max: time.Second}, time.Minute
				c.Open = func(ctx context.Context) (int, error) {
					if n++; n == 1 {
						return 0, down
					}
					return n, nil
				}
			})
			l, err := p.Acquire(ctx)
			if err != nil {
				w.Fatal(err)
			}
			l.Release()
		}, []string{"request", "request/pool.acquire", "request/pool.acquire/pool.open", "request/pool.acquire/pool.open"}},
		"one that its caller has left": {func(w world, ctx context.Context) {
			p := w.make(func(c *resource.Config[int]) {
				c.OpenDetached = true
				c.Open = func(ctx context.Context) (int, error) {
					time.Sleep(time.Minute)
					child(w, ctx, "handshake")
					return 1, nil
				}
			})
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			if _, err := p.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
				w.Error(err)
			}
			time.Sleep(time.Hour)
		}, []string{"request", "request/pool.acquire", "request/pool.acquire/pool.open", "request/pool.acquire/pool.open/handshake"}},
		"one that needs another pool": {func(w world, ctx context.Context) {
			inner := w.make(func(*resource.Config[int]) {})
			use := func(ctx context.Context) (int, error) {
				return 1, inner.Do(ctx, func(context.Context, int) error { return nil })
			}
			if _, err := use(ctx); err != nil { // so that there is an idle one
				w.Fatal(err)
			}
			outer := w.make(func(c *resource.Config[int]) { c.Open = use })
			if _, err := outer.Acquire(ctx); err != nil {
				w.Fatal(err)
			}
		}, []string{"request", "request/pool.acquire", "request/pool.acquire", "request/pool.acquire/pool.open",
			"request/pool.acquire/pool.open", "request/pool.acquire/pool.open/pool.acquire"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				spans := tracetest.NewInMemoryExporter()
				w := world{T: t, tracer: trace.NewTracerProvider(trace.WithSyncer(spans))}
				e, _ := newExporter(t, poolotel.Options{TracerProvider: w.tracer})
				w.make = func(set func(*resource.Config[int])) *resource.Pool[int] {
					config := resource.Config[int]{
						Name: "orders", Observer: resource.Observers(nothing{}, e), MaxActive: 1,
						Open: func(context.Context) (int, error) { return 1, nil },
					}
					set(&config)
					p, err := resource.New(config)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { p.Close() })
					return p
				}
				ctx, request := w.tracer.Tracer("test").Start(t.Context(), "request")
				c.do(w, ctx)
				request.End()
				if got := paths(spans.GetSpans()); !slices.Equal(got, c.want) {
					t.Errorf("spans\n%q\nwant\n%q", got, c.want)
				}
			})
		})
	}
}

type nothing struct{}

func (nothing) Observe(resource.Event) {}
