package pooldebug_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/pooldebug"
)

// TestAddEach has pools that come and go by themselves. Each has an entry and a page of its own, in each format.
func TestAddEach(t *testing.T) {
	const addr = "10.0.0.1:6379"
	inWorld(t, nil, func(t *testing.T, w *world) {
		var (
			h   pooldebug.Handler
			all map[string]resource.Inspection
		)
		// A text that sorts between "orders" and "orders/" shows that pools are in the order of their names.
		err := errors.Join(h.Add("orders-old", w.pool), h.AddEach("orders", func() map[string]resource.Inspection { return all }))
		if err != nil {
			t.Fatal(err)
		}
		names := func() (names []string) {
			for _, e := range reportOf(t, &h, "").Pools {
				names = append(names, e.Name)
			}
			return names
		}
		w.failOnce(errors.New("refused"))
		w.lease(4)
		w.wait(2)
		for _, test := range []struct {
			pools string // the keys of those that there are
			want  string
		}{
			{"", "orders-old"},
			{addr, "orders-old orders/" + addr},
			{addr + " 10.0.0.2:6379", "orders-old orders/" + addr + " orders/10.0.0.2:6379"},
			{"10.0.0.2:6379", "orders-old orders/10.0.0.2:6379"}, // the first has left
			{addr, "orders-old orders/" + addr},                  // it is back
		} {
			all = map[string]resource.Inspection{}
			for key := range strings.FieldsSeq(test.pools) {
				all[key] = w.pool.Inspect()
			}
			if got := strings.Join(names(), " "); got != test.want {
				t.Errorf("%s: %q, want %q", test.pools, got, test.want)
			}
			if rec, _ := get(&h, "?pool=orders/"+addr, ""); (rec.Code == 200) != strings.Contains(test.pools, addr) {
				t.Errorf("%s: the page of %s has status %d", test.pools, addr, rec.Code)
			}
		}
		for query, want := range map[string]string{
			"?format=text":                     "orders/" + addr + ": 4 of 4 exist: 4 leased, 0 testing, 0 opening, 0 closing, 0 idle; 2 waiting\n  ! At the limit: all 4 are leased. 2 callers wait, the first for ",
			"?format=html":                     `<h2><a href="?format=html&amp;pool=orders%2F10.0.0.1%3A6379">orders/` + addr + `</a></h2>`,
			"?format=json":                     `"name": "orders/` + addr + `"`,
			"?format=text&pool=orders/" + addr: "resources (4)",
			"?format=html&pool=orders/" + addr: "<h1>orders/" + addr + "</h1>",
		} {
			if _, body := get(&h, query, ""); !strings.Contains(body, want) {
				t.Errorf("%s has not %q:\n%s", query, want, body)
			}
		}
		one := reportOf(t, &h, "?pool=orders/"+addr).Pools[0]
		if one.Group || len(one.Details.Resources) != 4 || len(one.Details.Waiters) != 2 || one.LastOpenFailure == nil || one.LastOpenFailure.Text != "refused" {
			t.Errorf("%+v", one)
		}
		if !h.Remove("orders") || !slices.Equal(names(), []string{"orders-old"}) {
			t.Errorf("after Remove: %q", names())
		}
	})
}

// TestAddEachOddNames has keys that are no text, that look like secrets, or that other pools have for names.
func TestAddEachOddNames(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		var h pooldebug.Handler
		leased := func(n int) resource.Inspection {
			return resource.Inspection{Time: time.Now(), Stats: resource.Stats{Active: n, Leased: n}}
		}
		w.lease(1)
		err := errors.Join(
			h.AddEach("a", func() map[string]resource.Inspection {
				return map[string]resource.Inspection{"b/c": leased(2), "\xff": leased(3), "": leased(4), "redis://app:hunter2@h": leased(5), "redis://app:hunter3@h": leased(6)}
			}),
			h.AddEach("a/b", func() map[string]resource.Inspection { return map[string]resource.Inspection{"c": leased(7)} }),
			h.Add("a/b/c", w.pool))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range reportOf(t, &h, "").Pools {
			got = append(got, fmt.Sprint(e.Name, " ", e.Stats.Leased))
			if one := reportOf(t, &h, "?pool="+url.QueryEscape(e.Name)).Pools; len(one) != 1 || one[0].Stats.Leased != e.Stats.Leased {
				t.Errorf("the page of %q shows %+v", e.Name, one)
			}
		}
		want := []string{"a/ 4", "a/b/c 1", "a/b/c (2) 2", "a/b/c (3) 7", "a/redis://…@h 5", "a/redis://…@h (2) 6", "a/\uFFFD 3"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		for i, c := range []struct{ err, want any }{
			{h.AddEach("a", func() map[string]resource.Inspection { return nil }), `pooldebug: there is a pool named "a" already; remove it first, or choose another name`},
			{h.AddEach("z", nil), `pooldebug: the function that inspects the pools "z" is nil`},
		} {
			if fmt.Sprint(c.err) != c.want {
				t.Errorf("%d: %v, want %s", i, c.err, c.want)
			}
		}
	})
}
