package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/pooldebug"
)

// debugPage serves the page of a program with two pools, of which one has histograms, and a
// group. The function has the pool with histograms, and one of the group, lend n times.
func debugPage(t *testing.T) (address string, load func(n int)) {
	newPool := func(histograms bool) *resource.Pool[int] {
		p, err := resource.New(resource.Config[int]{
			Open:      func(context.Context) (int, error) { return 1, nil },
			MaxActive: 4, Histograms: histograms,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return p
	}
	orders := newPool(true)
	tenants, err := resource.NewKeyed(resource.KeyedConfig[string, int]{
		Config: func(string) (resource.Config[int], error) {
			return resource.Config[int]{Open: func(context.Context) (int, error) { return 1, nil }, Histograms: true}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenants.Close() })
	var pools pooldebug.Handler
	for _, err := range []error{
		pools.Add("orders", orders), pools.Add("mail", newPool(false)), pools.AddGroup("tenants", pooldebug.Keyed(tenants, nil)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/pools", &pools)
	mux.HandleFunc("/login", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!DOCTYPE html><title>Log in</title>") })
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version": 7, "pools": []}`) })
	mux.HandleFunc("/empty", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version": 1, "pools": []}`) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, func(n int) {
		for range n {
			one, err := orders.Acquire(t.Context())
			other, also := tenants.Acquire(t.Context(), "b")
			if err != nil || also != nil {
				t.Error(err, also)
				return
			}
			one.Release()
			other.Release()
		}
	}
}

// adviseURL runs the command, and has something happen between its two looks at the page.
func adviseURL(t *testing.T, line string, meanwhile func()) (string, error) {
	a := newAdviseFlags()
	a.running.pause = func(time.Duration) { meanwhile() }
	if _, err := a.flags.parse(strings.Fields(line), 0); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err := a.start(&process{stdout: &out, stderr: &out}, nil)
	return out.String(), err
}

// The command reads the pages of pooldebug, whichever format the address asks for.
func TestAdviseOfAPageThatIsServed(t *testing.T) {
	onlyFigures(t)
	address, load := debugPage(t)
	for _, line := range []string{
		"/debug/pools", "/debug/pools -pool orders", "/debug/pools?format=json", "/debug/pools?pool=orders",
		"/debug/pools?pool=tenants -pool tenants/b", "/debug/pools?pool=tenants&key=b",
	} {
		out, err := adviseURL(t, "-target p99=5ms -url "+address+line, func() { load(200) })
		if err != nil || !strings.Contains(out, "max-active") || !strings.Contains(out, "200 leases") || !strings.Contains(strings.Join(strings.Fields(out), " "), "These are few for p99") {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
}

// If all connections are held for good, more of them are no cure.
func TestAdviseOfAPoolThatServesNobody(t *testing.T) {
	p, err := resource.New(resource.Config[int]{Open: func(context.Context) (int, error) { return 1, nil }, MaxActive: 1, Histograms: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	lease, err := p.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release()
	var page pooldebug.Handler
	if err := page.Add("orders", p); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&page)
	defer server.Close()
	out, err := adviseURL(t, "-target p99=5ms -url "+server.URL, func() { p.TryAcquire(t.Context()) })
	if err == nil || !strings.Contains(err.Error(), ", and 1 acquire got nothing: look on the page for who holds") {
		t.Errorf("%v\n%s", err, out)
	}
}

// If a page lacks something, the error says what to do.
func TestAdviseOfAPageSaysWhatIsWrong(t *testing.T) {
	address, load := debugPage(t)
	load(3)
	for line, want := range map[string]string{
		address + "/debug/pools":                      "-url: no lease has ended in ",
		address + "/debug/pools -pool mail":           `-url: the pool "mail" measures nothing: set Config.Histograms`,
		address + "/debug/pools -pool tenants":        `-url: "tenants" is a group of pools`,
		address + "/debug/pools -pool order":          `-url: -pool: there is no pool "order", of "mail", "orders", "tenants"`,
		address + "/debug/pools?pool=order":           `answers 404 Not Found: "there is no such pool or key"`,
		address + "/debug/pools?format=html":          "not JSON, but HTML",
		address + "/debug/pools?format=text":          "not JSON: it begins with \"mail: 0 of 4 exist",
		address + "/debug/pools?format=xml":           `answers 400 Bad Request: "format must be one of`,
		address + "/debug":                            "answers 404 Not Found",
		address + "/login":                            "not JSON, but HTML",
		address + "/version":                          "the page has version 7, and version 1 is understood",
		address + "/empty":                            "there are no statistics of a pool",
		strings.TrimPrefix(address, "http://"):        "is not the address of a page: it begins with http:// or https://",
		"http:///debug":                               "is not the address of a page",
		"http://127.0.0.1:1/debug/pools":              "connection refused",
		address + "/debug/pools?pool=mail&state=open": "state must be one of",
	} {
		out, err := adviseURL(t, "-target p99=5ms -url "+line, func() {})
		if err == nil || !strings.Contains(err.Error(), want) || out != "" {
			t.Errorf("%s: %v, want %q\n%s", line, err, want, out)
		}
	}
}

// Pools that come and go are advised one by one. A node that comes back between two looks has a new
// pool, whose counts begin anew.
func TestAdviseOfPoolsThatComeAndGo(t *testing.T) {
	onlyFigures(t)
	const node = "10.0.0.1:6379"
	newPool := func() *resource.Pool[int] {
		p, err := resource.New(resource.Config[int]{Open: func(context.Context) (int, error) { return 1, nil }, MaxActive: 4, Histograms: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return p
	}
	nodes := map[string]*resource.Pool[int]{node: newPool(), "10.0.0.2:6379": newPool()}
	load := func(n int) {
		for range n {
			lease, err := nodes[node].Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			lease.Release()
		}
	}
	load(300)
	var page pooldebug.Handler
	err := page.AddEach("orders", func() map[string]resource.Inspection {
		all := map[string]resource.Inspection{}
		for addr, p := range nodes {
			all[addr] = p.Inspect()
		}
		return all
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&page)
	defer server.Close()
	line := "-target p99=5ms -url " + server.URL + " -pool orders/" + node
	if out, err := adviseURL(t, line, func() { load(200) }); err != nil || !strings.Contains(out, "200 leases") {
		t.Errorf("%v\n%s", err, out)
	}
	for want, meanwhile := range map[string]func(){
		"the pool was made anew":                             func() { nodes[node] = newPool(); load(100) },
		`there is no pool "orders/` + node + `", of "orders`: func() { delete(nodes, node) },
	} {
		nodes[node] = newPool()
		load(300)
		if out, err := adviseURL(t, line, meanwhile); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s\n%s", err, want, out)
		}
	}
}
