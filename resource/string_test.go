package resource

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// Whatever the verb, a pool and a lease print one line, and none of their fields.
func TestPrint(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 3, MaxIdle: 2, Cleanup: func(context.Context, *thing) error { return nil }})
		held := w.acquires(2)
		w.release(held[0])
		stale, lease := held[0], held[1]
		stats := "active 2 of 3: opening 0, testing 0, idle 1 of 2, leased 1, closing 0; waiting 0; " +
			"acquired 2, opened 2, peak active 2, peak leased 2, peak idle 1"
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q", "%10v"} {
			for _, c := range []struct {
				what any
				want string
			}{
				{w.pool, "resource.Pool[*resource.thing]{" + stats + "}"},
				{lease, "resource.Lease[*resource.thing]{in force}"},
				{stale, "resource.Lease[*resource.thing]{over}"},
				{Lease[int]{}, "resource.Lease[int]{over}"},
				{[]Lease[*thing]{lease}[0], "resource.Lease[*resource.thing]{in force}"},
			} {
				if got := fmt.Sprintf(verb, c.what); got != c.want {
					t.Errorf("%s of a %T: %s\nwant %s", verb, c.what, got, c.want)
				}
			}
		}
		if got := fmt.Sprint((*Pool[int])(nil)); got != "<nil>" {
			t.Errorf("a nil pool is printed as %s", got)
		}
		for _, verb := range []string{"%v", "%s"} {
			if got := fmt.Sprintf(verb, w.pool.Stats()); got != stats {
				t.Errorf("%s of Stats: %s\nwant %s", verb, got, stats)
			}
		}
		w.release(lease)
		w.shut(1, 2)
	})
}

func TestPrintLimits(t *testing.T) {
	for _, c := range []struct {
		maxActive, maxIdle int
		want               string
	}{
		{0, 0, "active 0: opening 0, testing 0, idle 0, leased 0, closing 0; waiting 0"},
		{5, KeepNone, "active 0 of 5: opening 0, testing 0, idle 0 of 0, leased 0, closing 0; waiting 0"},
	} {
		if got := (Stats{MaxActive: c.maxActive, MaxIdle: c.maxIdle}).String(); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

// fill gives each field of Stats a different value.
func fill(v reflect.Value, n *int) {
	for i := range v.NumField() {
		*n++
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct:
			fill(f, n)
		case reflect.Pointer: // the histograms
		case reflect.Uint64:
			f.SetUint(uint64(1000 + *n))
		default:
			f.SetInt(int64(1000 + *n))
		}
	}
}

// numbers returns all values of Stats as text.
func numbers(v reflect.Value) (all []string) {
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Struct {
			all = append(all, numbers(f)...)
		} else if f.Kind() != reflect.Pointer {
			all = append(all, fmt.Sprint(f))
		}
	}
	return all
}

// All fields of Stats are in its line, in a log and in %+v.
func TestStatsAreComplete(t *testing.T) {
	var st Stats
	n := 0
	fill(reflect.ValueOf(&st).Elem(), &n)
	var text, js bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("pool", "stats", st)
	slog.New(slog.NewJSONHandler(&js, nil)).Info("pool", "stats", st)
	line := st.String()
	if strings.Contains(line, "\n") || !strings.Contains(text.String(), "stats.max_active=1001 ") {
		t.Errorf("got the line %q, and the log %s", line, text.String())
	}
	for _, number := range numbers(reflect.ValueOf(st)) {
		for _, where := range []string{line, text.String(), fmt.Sprintf("%+v", st)} {
			if !strings.Contains(where, number) {
				t.Errorf("%s is not in %s", number, where)
			}
		}
	}
	var logged struct {
		Stats map[string]any
	}
	if err := json.Unmarshal(js.Bytes(), &logged); err != nil || len(logged.Stats) != len(numbers(reflect.ValueOf(st))) {
		t.Errorf("%v: %d members in %s", err, len(logged.Stats), js.String())
	}
	if got := fmt.Sprintf("%#v", Stats{Active: 3}); !strings.HasPrefix(got, "resource.Stats{MaxActive:0, MaxIdle:0, Active:3") {
		t.Errorf("%%#v is %s", got)
	}
}

// A pool in use can be printed and logged: the race detector sees that this is
// safe.
func TestPrintWhileInUse(t *testing.T) {
	p, err := New(Config[int]{Open: func(context.Context) (int, error) { return 1, nil }, MaxActive: 2, WaitTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range 500 {
				l, err := p.Acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				l.Release()
				_ = l.String()
			}
		})
		all.Go(func() {
			log := slog.New(slog.DiscardHandler)
			for range 500 {
				_ = fmt.Sprintf("%+v", p)
				log.Info("pool", "pool", p)
			}
		})
	}
	all.Wait()
}
