package redispool_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/respool/respool/redispool"
)

// TestPrintedPool checks that every way to print a pool shows its counts and nothing else.
func TestPrintedPool(t *testing.T) {
	var s stubs
	p := &redispool.Pool{Dial: s.dial, MaxIdle: 2, MaxActive: 5}
	if got, want := p.String(), "redispool.Pool{not used yet}"; got != want {
		t.Errorf("before the first use: %q, want %q", got, want)
	}
	idle(t, p, 2)
	held := get(t, p)
	want := "redispool.Pool{2 connections of 5: 1 idle, 1 in use, 0 dialing, 0 testing, 0 closing; 0 waiting}"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, p); got != want {
			t.Errorf("%s: %q, want %q", verb, got, want)
		}
	}
	p.Resize(0, 2)
	if got, want := p.String(), strings.Replace(want, " of 5", "", 1); got != want {
		t.Errorf("without a limit: %q, want %q", got, want)
	}
	for name, format := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(format(&b)).Info("state", "pool", p)
		if out := b.String(); !strings.Contains(out, "Idle") && !strings.Contains(out, "idle") || strings.Contains(out, "0x") || strings.Contains(out, "ERROR") {
			t.Errorf("%s: %s", name, out)
		}
	}
	put(t, held)
	p.Close()
	s.settle(t)

	var none *redispool.Pool
	if got := fmt.Sprint(none); got != "redispool.Pool(nil)" {
		t.Errorf("no pool: %q", got)
	}
	if got := fmt.Sprint(&redispool.Pool{}, redispool.NewPool(s.dial, -1)); strings.Contains(got, "0x") {
		t.Errorf("pools not in use: %q", got)
	}
	bad := &redispool.Pool{Dial: s.dial, MinIdle: -1}
	bad.Get()
	if got := bad.String(); !strings.Contains(got, "Pool.MinIdle is -1") {
		t.Errorf("a pool with invalid fields: %q", got)
	}
}

// TestPrintingBesideUse is for the race detector.
func TestPrintingBesideUse(t *testing.T) {
	var s stubs
	p := &redispool.Pool{Dial: s.dial, MaxIdle: 2}
	var all sync.WaitGroup
	all.Go(func() {
		for range 1000 {
			p.Get().Close()
		}
	})
	all.Go(func() {
		for range 1000 {
			_ = fmt.Sprintf("%v %+v %#v", p, p, p)
		}
	})
	all.Wait()
	p.Close()
}
