package pooldebug_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/pooldebug"
)

func TestKeyed(t *testing.T) {
	k, err := resource.NewKeyed(resource.KeyedConfig[int, string]{
		MaxActive: 300,
		Config: func(int) (resource.Config[string], error) {
			return resource.Config[string]{Open: func(context.Context) (string, error) { return "", nil }}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	take := func(key, n int) {
		for range n {
			l, err := k.Acquire(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Release()
		}
	}
	for key := range 250 {
		take(key, 1)
	}
	held := make([]resource.Lease[string], 3)
	for i := range held {
		if held[i], err = k.Acquire(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		defer held[i].Release()
	}
	var h pooldebug.Handler
	name := func(key int) string { return fmt.Sprintf("redis://app:hunter2@tenant-%d", key) }
	if err := h.AddGroup("tenants", pooldebug.Keyed(k, name)); err != nil {
		t.Fatal(err)
	}
	const seven = "redis://…@tenant-7"

	overview := reportOf(t, &h, "").Pools[0]
	if !overview.Group || overview.Details != nil || overview.Stats.Active != 252 || overview.Stats.Leased != 3 {
		t.Errorf("overview: %+v", overview)
	}
	d := reportOf(t, &h, "?pool=tenants").Pools[0].Details
	if d.Total != 250 || len(d.Keys) != 100 || d.Keys[0].Key != seven || d.Keys[0].Stats.Leased != 3 {
		t.Errorf("%d of %d keys, the first is %+v", len(d.Keys), d.Total, d.Keys[0])
	}
	var seen []string
	for from := 0; from < 250; from += 100 {
		for _, key := range reportOf(t, &h, fmt.Sprintf("?pool=tenants&from=%d", from)).Pools[0].Details.Keys {
			seen = append(seen, key.Key)
		}
	}
	slices.Sort(seen)
	if n := len(slices.Compact(seen)); n != 250 {
		t.Errorf("%d different keys are shown, want 250", n)
	}
	one := reportOf(t, &h, "?pool=tenants&key="+seven).Pools[0]
	if one.Details.Key != seven || one.Stats.Leased != 3 || len(one.Details.Resources) != one.Stats.Active {
		t.Errorf("one key: %+v", one)
	}
	if rec, _ := get(&h, "?pool=tenants&key=none", ""); rec.Code != 404 {
		t.Errorf("a key that is not there: status %d", rec.Code)
	}
	for query, want := range map[string]string{
		"?pool=tenants&format=html":                  `<a href="?format=html&amp;key=redis%3A%2F%2F%E2%80%A6%40tenant-7&amp;pool=tenants">` + seven + "</a>",
		"?pool=tenants&format=text":                  "keys (1 to 100 of 250)",
		"?pool=tenants&format=html&key=" + seven:     "<h1>tenants, key " + seven + "</h1>",
		"?pool=tenants&format=text&key=" + seven:     "tenants, key " + seven + ": ",
		"?pool=tenants&format=html&limit=10&from=20": `href="?format=html&amp;from=30&amp;limit=10&amp;pool=tenants"`,
	} {
		_, body := get(&h, query, "")
		if !strings.Contains(body, want) {
			t.Errorf("%s has not %s", query, want)
		}
		if strings.Contains(body, "hunter2") {
			t.Errorf("%s shows a password", query)
		}
	}
}

// TestKeysThatLookAlike checks that keys that differ only in what is hidden each have a page.
func TestKeysThatLookAlike(t *testing.T) {
	k, err := resource.NewKeyed(resource.KeyedConfig[string, string]{
		Config: func(string) (resource.Config[string], error) {
			return resource.Config[string]{Open: func(context.Context) (string, error) { return "", nil }}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	long := strings.Repeat("long/", 200)
	for n, key := range []string{"auth a", "auth b", "auth c", "", long + "a", long + "b"} {
		for range n + 1 {
			l, err := k.Acquire(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Release()
		}
	}
	var h pooldebug.Handler
	if err := h.AddGroup("tenants", pooldebug.Keyed(k, nil)); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, key := range reportOf(t, &h, "?pool=tenants").Pools[0].Details.Keys {
		one := reportOf(t, &h, "?pool=tenants&key="+url.QueryEscape(key.Key)).Pools[0]
		got[key.Key] = one.Stats.Leased
		if one.Stats.Leased != key.Stats.Leased || one.Details.Key != key.Key {
			t.Errorf("the page of key %.20q shows key %.20q with %d leases, want %d", key.Key, one.Details.Key, one.Stats.Leased, key.Stats.Leased)
		}
	}
	cut := long[:600] + "…"
	want := map[string]int{"auth …": 1, "auth … (2)": 2, "auth … (3)": 3, "(empty)": 4, cut: 5, cut + " (2)": 6}
	if !maps.Equal(got, want) {
		t.Errorf("leases by key: %v", got)
	}
}

// TestPartBeyondTheEnd asks for a part of a list that has become shorter.
func TestPartBeyondTheEnd(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.lease(3)
		h := handlerOf(t, w.pool)
		d := reportOf(t, h, "?pool=orders&from=500&limit=2").Pools[0].Details
		if d.From != 3 || d.Total != 3 || len(d.Resources) != 0 {
			t.Errorf("%+v", d)
		}
		for query, want := range map[string]string{
			"from=500&limit=2&format=text": "resources (none of 3 here)",
			"from=500&limit=2&format=html": `<a href="?format=html&amp;from=1&amp;limit=2&amp;pool=orders">Before</a>`,
			"limit=0&format=html":          "Resources (none of 3 here)",
		} {
			if _, body := get(h, "?pool=orders&"+query, ""); !strings.Contains(body, want) {
				t.Errorf("%s has not %q:\n%s", query, want, body)
			}
		}
	})
}

// TestClosedKeyed checks that the page says of a Keyed as a whole that it is closed, since its keys are gone by then.
func TestClosedKeyed(t *testing.T) {
	k, err := resource.NewKeyed(resource.KeyedConfig[string, string]{
		Config: func(string) (resource.Config[string], error) {
			return resource.Config[string]{Open: func(context.Context) (string, error) { return "", nil }}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var h pooldebug.Handler
	if err := h.AddGroup("tenants", pooldebug.Keyed(k, nil)); err != nil {
		t.Fatal(err)
	}
	l, err := k.Acquire(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if got := reportOf(t, &h, "").Pools[0].Findings; len(got) > 0 {
		t.Errorf("before: %q", got)
	}
	k.Close()
	if _, err := k.Acquire(t.Context(), "a"); !errors.Is(err, resource.ErrClosed) {
		t.Fatal(err)
	}
	want := []string{"The pool is closed. 1 lease is still out. 1 acquire came since."}
	if got := reportOf(t, &h, "").Pools[0].Findings; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, format := range []string{"html", "text"} {
		if _, body := get(&h, "?pool=tenants&format="+format, ""); !strings.Contains(body, want[0]) {
			t.Errorf("the %s does not say that it is closed", format)
		}
	}
}
