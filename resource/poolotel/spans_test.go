package poolotel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolotel"
)

// attributeOf returns an attribute of a span as text.
func attributeOf(s tracetest.SpanStub, key string) string {
	for _, kv := range s.Attributes {
		if string(kv.Key) == key {
			return kv.Value.String()
		}
	}
	return ""
}

func TestSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans := tracetest.NewInMemoryExporter()
		tracers := trace.NewTracerProvider(trace.WithSyncer(spans))
		e, _ := newExporter(t, poolotel.Options{TracerProvider: tracers})
		begin := time.Now()
		pool, err := resource.New(resource.Config[int]{
			Name: "orders", Observer: e,
			Open: func(context.Context) (int, error) {
				time.Sleep(20 * time.Millisecond)
				return 1, nil
			},
			MaxActive: 1, WaitTimeout: 300 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		ctx, parent := tracers.Tracer("test").Start(t.Context(), "request")
		lease, err := pool.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Acquire(ctx); err == nil {
			t.Fatal("no error")
		}
		lease.Release()
		parent.End()

		got := spans.GetSpans()
		if len(got) != 4 {
			t.Fatalf("%d spans, want 4", len(got))
		}
		for i, want := range []struct {
			name         string
			begins, ends time.Duration
			waited       string
			status       codes.Code
		}{
			{"pool.open", 0, 20 * time.Millisecond, "", codes.Unset},
			{"pool.acquire", 0, 20 * time.Millisecond, "0", codes.Unset},
			{"pool.acquire", 20 * time.Millisecond, 320 * time.Millisecond, "0.3", codes.Error},
		} {
			s := got[i]
			if s.Name != want.name || s.StartTime.Sub(begin) != want.begins || s.EndTime.Sub(begin) != want.ends ||
				attributeOf(s, "respool.waited") != want.waited || s.Status.Code != want.status {
				t.Errorf("span %d: %s from %v to %v, waited %q, %v; want %+v", i, s.Name, s.StartTime.Sub(begin), s.EndTime.Sub(begin),
					attributeOf(s, "respool.waited"), s.Status.Code, want)
			}
			parents := []oteltrace.SpanContext{got[1].SpanContext, parent.SpanContext(), parent.SpanContext()} // the open is a child of its acquire
			if s.Parent.SpanID() != parents[i].SpanID() {
				t.Errorf("span %d: its parent is %v, want %v", i, s.Parent.SpanID(), parents[i].SpanID())
			}
			if name := attributeOf(s, "db.client.connection.pool.name"); name != "orders" {
				t.Errorf("span %d: the pool's name is %q", i, name)
			}
		}
		if d := got[2].Status.Description; !strings.Contains(d, "wait") {
			t.Errorf("the failed acquire says %q", d)
		}
		if len(got[2].Events) != 1 || !got[2].Events[0].Time.Equal(got[2].EndTime) {
			t.Errorf("the error is not recorded at the end: %+v", got[2].Events)
		}
	})
}

func TestSpansFrom(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	e, _ := newExporter(t, poolotel.Options{
		TracerProvider: trace.NewTracerProvider(trace.WithSyncer(spans)),
		SpansFrom:      10 * time.Millisecond,
	})
	for _, ev := range []resource.Event{
		{Kind: resource.EventAcquired, Took: 9 * time.Millisecond},
		{Kind: resource.EventAcquired, Took: 10 * time.Millisecond},
		{Kind: resource.EventRefused, Took: time.Millisecond, Err: resource.ErrExhausted},
		{Kind: resource.EventOpened, Took: time.Millisecond},
		{Kind: resource.EventReturned, Took: time.Hour},
	} {
		ev.Time, ev.Context = time.Now(), context.Background()
		e.Observe(ev)
	}
	var got []string
	for _, s := range spans.GetSpans() {
		got = append(got, s.Name+" "+s.EndTime.Sub(s.StartTime).String())
	}
	if want := []string{"pool.acquire 10ms", "pool.acquire 1ms", "pool.open 1ms"}; !slices.Equal(got, want) {
		t.Errorf("spans %v, want %v", got, want)
	}
}

// An open in advance has no caller, and so no parent.
func TestSpanInAdvance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans := tracetest.NewInMemoryExporter()
		e, _ := newExporter(t, poolotel.Options{TracerProvider: trace.NewTracerProvider(trace.WithSyncer(spans))})
		pool, err := resource.New(resource.Config[int]{
			Name: "orders", Observer: e, MinIdle: 1,
			Open: func(context.Context) (int, error) { return 1, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		synctest.Wait()
		got := spans.GetSpans()
		if len(got) != 1 || got[0].Name != "pool.open" || got[0].Parent.IsValid() || attributeOf(got[0], "respool.in_advance") != "true" {
			t.Errorf("spans: %+v", got)
		}
	})
}

// An exporter refuses all that it is about to send if one text in it is not UTF-8.
func TestTextsAreUTF8(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	e, reader := newExporter(t, poolotel.Options{TracerProvider: trace.NewTracerProvider(trace.WithSyncer(spans))})
	e.Observe(resource.Event{Kind: resource.EventOpenFailed, Pool: "a\xffb", Err: errors.New("ERR \xfe")})
	e.Observe(resource.Event{Kind: resource.EventReturned, Pool: "a\xffb", Took: time.Millisecond})
	metrics, _ := collect(t, reader)
	if text := fmt.Sprintf("%v %v", spans.GetSpans(), metrics); len(spans.GetSpans()) == 0 || !utf8.ValidString(text) || !strings.Contains(text, "a\uFFFDb") {
		t.Errorf("%q", text)
	}
}
