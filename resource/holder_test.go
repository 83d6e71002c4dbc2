package resource

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// caller is the place from which a function was called that calls caller.
func caller() string {
	_, file, line, _ := runtime.Caller(2)
	return fmt.Sprintf("%s:%d", file, line)
}

// borrowers returns the places where leases began.
func borrowers(in Inspection) (places []string) {
	for _, r := range in.Resources {
		if r.Holder != "" {
			_, place, _ := strings.Cut(r.Holder, "\n\t")
			place, _, _ = strings.Cut(place, "\n")
			places = append(places, place)
		}
	}
	return places
}

// Whichever method a program calls, its lease begins at a line of the program.
func TestHolderIsTheProgram(t *testing.T) {
	var seen []string
	var p, ofKey *Pool[int]
	look := func() { seen = append(borrowers(p.Inspect()), borrowers(ofKey.Inspect())...) }
	config := Config[int]{Open: func(context.Context) (int, error) { return 1, nil }, MaxActive: 1, LeakAfter: time.Hour}
	p, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	k, err := NewKeyed(KeyedConfig[string, int]{Config: func(string) (Config[int], error) { return config, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if ofKey, err = k.Pool("a"); err != nil {
		t.Fatal(err)
	}
	got := func(l Lease[int], err error) string {
		if err != nil {
			t.Fatal(err)
		}
		look()
		l.Release()
		return caller()
	}
	done := func(err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return caller()
	}
	f := func(context.Context, int) error { look(); return nil }
	ctx := t.Context()
	for name, borrow := range map[string]func() string{
		"Acquire":                 func() string { return got(p.Acquire(ctx)) },
		"TryAcquire":              func() string { return got(p.TryAcquire(ctx)) },
		"AcquireUrgent":           func() string { return got(p.AcquireUrgent(ctx)) },
		"AcquireBackground":       func() string { return got(p.AcquireBackground(ctx)) },
		"Do":                      func() string { return done(p.Do(ctx, f)) },
		"Keyed.Acquire":           func() string { return got(k.Acquire(ctx, "a")) },
		"Keyed.TryAcquire":        func() string { return got(k.TryAcquire(ctx, "a")) },
		"Keyed.AcquireUrgent":     func() string { return got(k.AcquireUrgent(ctx, "a")) },
		"Keyed.AcquireBackground": func() string { return got(k.AcquireBackground(ctx, "a")) },
		"Keyed.Do":                func() string { return done(k.Do(ctx, "a", f)) },
		"Acquire of a key's pool": func() string { return got(ofKey.Acquire(ctx)) },
	} {
		for range 2 { // it opens, and it finds the resource idle
			if want := borrow(); len(seen) != 1 || seen[0] != want {
				t.Errorf("%s: the borrower is %q, want %q", name, seen, want)
			}
		}
	}
}
