package pooldebug_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/pooldebug"
)

func TestPageIsReadOnly(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		h := handlerOf(t, w.pool)
		for method, want := range map[string]int{
			"GET": 200, "HEAD": 200, "POST": 405, "PUT": 405, "DELETE": 405, "PATCH": 405, "OPTIONS": 405, "TRACE": 405,
		} {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequest(method, "/debug/pools", nil))
			if rec.Code != want {
				t.Errorf("%s: status %d, want %d", method, rec.Code, want)
			}
			if allow := rec.Header().Get("Allow"); (want == 405) != (allow == "GET, HEAD") {
				t.Errorf("%s: Allow is %q", method, allow)
			}
			if method == "HEAD" && (rec.Body.Len() > 0 || rec.Header().Get("Content-Length") == "0") {
				t.Errorf("HEAD: %d bytes, Content-Length %s", rec.Body.Len(), rec.Header().Get("Content-Length"))
			}
		}
	})
}

// TestPageIsGuarded checks what keeps the page out of frames and caches, on every answer.
func TestPageIsGuarded(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		h := handlerOf(t, w.pool)
		for query, status := range map[string]int{"": 200, "?format=html": 200, "?format=json": 200, "?pool=no": 404, "?format=pdf": 400} {
			rec, body := get(h, query, "")
			if rec.Code != status {
				t.Errorf("%q: status %d, want %d", query, rec.Code, status)
			}
			for name, want := range map[string]string{
				"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			} {
				if got := rec.Header().Get(name); got != want {
					t.Errorf("%q: %s is %q, want %q", query, name, got, want)
				}
			}
			csp := rec.Header().Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
				if !strings.Contains(csp, want) {
					t.Errorf("%q: the policy %q has not %q", query, csp, want)
				}
			}
			if styles := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(body); styles != nil {
				sum := sha256.Sum256([]byte(styles[1]))
				if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(csp, "'sha256-"+hash+"'") {
					t.Errorf("the policy %q does not allow the page's style %s", csp, hash)
				}
			} else if query == "?format=html" {
				t.Error("the page has no style")
			}
			if strings.Contains(body, "<script") || strings.Contains(body, "style=") || regexp.MustCompile(`\son[a-z]+=`).MatchString(body) {
				t.Errorf("%q: the page has a script, or a style that the policy forbids", query)
			}
		}
	})
}

func TestFormats(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		h := handlerOf(t, w.pool)
		for _, c := range []struct{ query, accept, want string }{
			{"", "", "text/plain"},
			{"", "*/*", "text/plain"},
			{"", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"},
			{"", "application/json", "application/json"},
			{"", "text/html;q=0.5, application/json", "application/json"},
			{"", "application/json;q=0, text/plain;q=0.1", "text/plain"},
			{"", "broken;;;=, application/json", "application/json"},
			{"?format=json", "text/html", "application/json"},
			{"?format=text", "text/html", "text/plain"},
			{"?format=html", "", "text/html"},
		} {
			rec, _ := get(h, c.query, c.accept)
			if got := rec.Header().Get("Content-Type"); got != c.want+"; charset=utf-8" {
				t.Errorf("%q, Accept %q: %s, want %s", c.query, c.accept, got, c.want)
			}
		}
	})
}

func TestWrongParameters(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		h := handlerOf(t, w.pool)
		for query, want := range map[string]string{
			"?format=xml":          "format must be one of: html, json, text",
			"?from=-1":             "from must be a number from 0 to 2147483647",
			"?from=x":              "from must be a number from 0 to 2147483647",
			"?limit=1001":          "limit must be a number from 0 to 1000",
			"?state=lost":          "state must be one of: leased, testing, opening, closing, idle",
			"?pool=other":          "there is no such pool or key",
			"?pool=orders&key=any": "there is no such pool or key",
		} {
			rec, body := get(h, query, "")
			if rec.Code < 400 || rec.Code >= 500 || strings.TrimSpace(body) != want {
				t.Errorf("%s: status %d, %q, want %q", query, rec.Code, body, want)
			}
		}
	})
}

func TestAddAndRemove(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		var h pooldebug.Handler
		if _, body := get(&h, "", ""); body != "there is no pool\n" {
			t.Errorf("%q", body)
		}
		for _, c := range []struct {
			err  error
			want string
		}{
			{h.Add("a", w.pool), ""},
			{h.Add("a", w.pool), `pooldebug: there is a pool named "a" already; remove it first, or choose another name`},
			{h.AddGroup("a", pooldebug.Keyed[string, int](nil, nil)), `pooldebug: there is a pool named "a" already; remove it first, or choose another name`},
			{h.Add("b", nil), `pooldebug: the pool "b" is nil`},
			{h.AddGroup("b", nil), `pooldebug: the group "b" is nil`},
		} {
			if got := fmt.Sprint(c.err); got != c.want && !(c.err == nil && c.want == "") {
				t.Errorf("%v, want %q", c.err, c.want)
			}
		}
		if !h.Remove("a") || h.Remove("a") || h.Remove("b") {
			t.Error("Remove reports the wrong thing")
		}
		if r := reportOf(t, &h, ""); len(r.Pools) != 0 || r.Version != pooldebug.Version {
			t.Errorf("%+v", r)
		}
	})
}

// TestPageShowsNoSecrets puts passwords everywhere, and markup into names.
func TestPageShowsNoSecrets(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.failOnce(errors.New("dial redis://app:hunter2@10.0.0.7:6379/0: \"<script>alert(1)</script>\" refused"))
		w.lease(1)
		var h pooldebug.Handler
		h.Add("redis://root:hunter2@db <img src=x onerror=alert(1)>", w.pool)
		name := reportOf(t, &h, "").Pools[0].Name
		for _, format := range []string{"html", "json", "text"} {
			for _, query := range []string{"?", "?pool=" + strings.ReplaceAll(name, " ", "%20") + "&"} {
				rec, body := get(&h, query+"format="+format, "")
				if rec.Code != 200 {
					t.Fatalf("%s: status %d: %s", query, rec.Code, body)
				}
				for _, secret := range []string{"hunter2", "value that nobody may see"} {
					if strings.Contains(body, secret) {
						t.Errorf("%s%s shows %q", query, format, secret)
					}
				}
				if format == "html" && (strings.Contains(body, "<script") || strings.Contains(body, "<img")) {
					t.Errorf("%s: markup of a name or an error is markup of the page", query)
				}
				if !strings.Contains(body, "10.0.0.7:6379") {
					t.Errorf("%s%s does not show the address", query, format)
				}
			}
		}
	})
}

// TestTenThousandResources pages through a large pool. Each resource is shown once.
func TestTenThousandResources(t *testing.T) {
	const n = 10_000
	set := func(c *resource.Config[string]) { c.MaxActive = 0 }
	inWorld(t, set, func(t *testing.T, w *world) {
		w.lease(n)
		time.Sleep(time.Second)
		h := handlerOf(t, w.pool)
		seen := map[uint64]bool{}
		for from := 0; from < n; from += 1000 {
			d := reportOf(t, h, fmt.Sprintf("?pool=orders&limit=1000&from=%d", from)).Pools[0].Details
			if d.Total != n || len(d.Resources) != 1000 || d.From != from {
				t.Fatalf("from %d: %d of %d, from %d", from, len(d.Resources), d.Total, d.From)
			}
			for _, r := range d.Resources {
				seen[r.Number] = true
			}
		}
		if len(seen) != n {
			t.Errorf("%d different resources are shown, want %d", len(seen), n)
		}
		for query, want := range map[string]string{
			"?pool=orders&format=html":            `href="?format=html&amp;from=100&amp;pool=orders"`,
			"?pool=orders&format=html&from=250":   `href="?format=html&amp;from=150&amp;pool=orders"`,
			"?pool=orders&format=text&from=9950":  "resources (9951 to 10000 of 10000)",
			"?pool=orders&format=html&state=idle": "Resources (0)",
		} {
			_, body := get(h, query, "")
			if !strings.Contains(body, want) {
				t.Errorf("%s has not %s", query, want)
			}
			if len(body) > 100_000 {
				t.Errorf("%s has %d bytes", query, len(body))
			}
		}
	})
}

// TestResourcesInOrder checks that what an operator looks for comes first.
func TestResourcesInOrder(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.lease(3)
		time.Sleep(time.Second)
		w.leases[0].Release()
		time.Sleep(time.Second)
		w.leases[1].Release()
		w.lease(1) // the second one again, since the last one returned is lent first
		h := handlerOf(t, w.pool)
		resources := reportOf(t, h, "?pool=orders").Pools[0].Details.Resources
		var got []string
		for _, r := range resources {
			got = append(got, fmt.Sprint(r.Number, " ", r.State))
		}
		if want := []string{"3 leased", "2 leased", "1 idle"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		if held := time.Since(resources[0].Since); held < 2*time.Second || held > 2*time.Second+10*time.Millisecond {
			t.Errorf("the first one is leased for %v, want 2s", held)
		}
		if r := reportOf(t, h, "?pool=orders&state=idle").Pools[0].Details.Resources; len(r) != 1 || r[0].Number != 1 {
			t.Errorf("idle: %+v", r)
		}
	})
}

// TestPageNamesTheHolder checks that every form of the page names the line that has acquired a resource.
func TestPageNamesTheHolder(t *testing.T) {
	inWorld(t, func(c *resource.Config[string]) { c.LeakAfter = time.Minute }, func(t *testing.T, w *world) {
		w.lease(2)
		w.leases[0].Release()
		h := handlerOf(t, w.pool)
		const short = "pooldebug_test.(*world).lease (world_test.go:"
		for format, want := range map[string]string{"text": short, "html": "<summary>" + short, "json": `pooldebug_test.(*world).lease(...)\n\t`} {
			_, body := get(h, "?pool=orders&format="+format, "")
			if n := strings.Count(body, want); n != 1 {
				t.Errorf("%s has %q %d times, want once:\n%s", format, want, n, body)
			}
		}
	})
}

// TestJSONHasHistograms checks that the JSON form gives a reader all of Stats again.
func TestJSONHasHistograms(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.lease(2)
		w.leases[0].Release()
		w.leases[1].Release()
		want := w.pool.Stats()
		got := reportOf(t, handlerOf(t, w.pool), "").Pools[0].Stats
		if got.Opened != 2 || got.Opened != want.Opened || got.Acquired != want.Acquired || got.Closed != want.Closed {
			t.Errorf("%+v, want %+v", got, want)
		}
		if h := got.Histograms; h == nil || h.Open.Count() != 2 || h.Use.Count() != 2 || h.Open.Max() != want.Histograms.Open.Max() {
			t.Errorf("histograms: %v, want %v", h, want.Histograms)
		}
	})
}

// TestPageIsWellFormed parses each kind of page as XML. Apart from its doctype each page is
// well-formed XML.
func TestPageIsWellFormed(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.failOnce(errors.New("refused"))
		w.lease(4)
		w.wait(3)
		h := handlerOf(t, w.pool)
		for _, query := range []string{"?", "?pool=orders&", "?pool=orders&limit=2&from=1&state=leased&"} {
			_, body := get(h, query+"format=html", "")
			body = strings.TrimPrefix(body, "<!DOCTYPE html>")
			body = regexp.MustCompile(`<(meta|br)([^>]*)>`).ReplaceAllString(body, "<$1$2/>")
			var open []string
			for d := xml.NewDecoder(strings.NewReader(body)); ; {
				token, err := d.Token()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v\n%s", query, err, body)
				}
				if e, ok := token.(xml.StartElement); ok {
					open = append(open, e.Name.Local)
				}
			}
			for tag, n := range map[string]int{"h1": 1, "main": 1} {
				if got := len(slices.DeleteFunc(slices.Clone(open), func(s string) bool { return s != tag })); got != n {
					t.Errorf("%s: %d <%s>, want %d", query, got, tag, n)
				}
			}
			tables := len(slices.DeleteFunc(slices.Clone(open), func(s string) bool { return s != "table" }))
			if captions := strings.Count(body, "<caption>"); captions != tables {
				t.Errorf("%s: %d tables, %d captions", query, tables, captions)
			}
			if pictures := strings.Count(body, "<svg"); pictures == 0 || pictures != strings.Count(body, `role="img" aria-label="`) {
				t.Errorf("%s: not each of %d pictures says what it shows", query, pictures)
			}
		}
	})
}

// TestOddNames has pools whose names are empty, or alike once passwords are hidden. Each has a page of its own, and a link
// to it that can be followed.
func TestOddNames(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		var h pooldebug.Handler
		for _, name := range []string{"", " ", "db\nuser:first@host", "db user:second@host", "\"'<&>", "a\xffb", "日本"} {
			if err := h.Add(name, w.pool); err != nil {
				t.Fatal(err)
			}
		}
		var names []string
		for _, p := range reportOf(t, &h, "").Pools {
			names = append(names, p.Name)
			one := reportOf(t, &h, "?pool="+url.QueryEscape(p.Name)).Pools
			if len(one) != 1 || one[0].Name != p.Name {
				t.Errorf("the page of %q shows %v", p.Name, one)
			}
		}
		want := []string{"(empty)", "(empty) (2)", "\"'<&>", "a\uFFFDb", "db …@host", "db …@host (2)", "日本"}
		if !slices.Equal(names, want) {
			t.Errorf("got %q, want %q", names, want)
		}
		_, body := get(&h, "?format=html", "")
		if links := regexp.MustCompile(`<h2><a href="\?[^"]*pool=[^"]+">[^<]+</a></h2>`).FindAllString(body, -1); len(links) != len(want) {
			t.Errorf("%d links, want %d:\n%s", len(links), len(want), body)
		}
	})
}

// TestManyWaiters checks that a page stays small, and says how many waiters it does not show.
func TestManyWaiters(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.lease(4)
		var ready sync.WaitGroup
		for range 2_000 {
			ready.Add(1)
			go func() {
				ready.Done()
				if l, err := w.pool.Acquire(w.callers); err == nil {
					l.Release()
				}
			}()
		}
		ready.Wait()
		synctest.Wait()
		h := handlerOf(t, w.pool)
		d := reportOf(t, h, "?pool=orders").Pools[0]
		if d.Stats.Waiting != 2_000 || len(d.Details.Waiters) != 256 {
			t.Errorf("%d wait, %d are shown", d.Stats.Waiting, len(d.Details.Waiters))
		}
		for format, says := range map[string]string{"html": "256 of 2000 are shown", "text": "256 of 2000"} {
			if _, body := get(h, "?pool=orders&format="+format, ""); !strings.Contains(body, says) || len(body) > 50_000 {
				t.Errorf("%s: %d bytes, and it does not say %q", format, len(body), says)
			}
		}
	})
}
