package pooldebug

import (
	"bytes"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/internal/poolset"
)

// Pool is a pool that can be shown: a [resource.Pool] or a redispool.Pool.
type Pool interface{ Inspect() resource.Inspection }

// Group is a set of pools that can be shown as one: see [Keyed]. Each has a text as its
// name.
type Group interface {
	// Stats returns the statistics of all of them together.
	Stats() resource.Stats
	// StatsByKey returns the statistics of each, with its name.
	StatsByKey() iter.Seq2[string, resource.Stats]
	// Inspect returns the inspection of the one with this name, or false if there is none.
	Inspect(key string) (resource.Inspection, bool)
	// Closed reports whether the group is closed as a whole.
	Closed() bool
}

// Handler is an http.Handler that shows the pools that were added to it. The zero
// Handler is ready. It keeps its pools in memory until they are removed. All methods are
// safe for concurrent use.
type Handler struct{ pools poolset.Set[shown] }

// shown is a pool, a group, or several pools that come and go.
type shown struct {
	pool  Pool
	group Group
	each  func() map[string]resource.Inspection
}

// Add adds a pool under a name. It returns an error if the name is taken or p is nil. The
// page hides what looks like a password in a name.
func (h *Handler) Add(name string, p Pool) error {
	if p == nil {
		return fmt.Errorf("pooldebug: the pool %q is nil", name)
	}
	return h.pools.Add("pooldebug", name, shown{pool: p})
}

// AddGroup adds a group of pools under a name. It returns an error if the name is taken or
// g is nil.
func (h *Handler) AddGroup(name string, g Group) error {
	if g == nil {
		return fmt.Errorf("pooldebug: the group %q is nil", name)
	}
	return h.pools.Add("pooldebug", name, shown{group: g})
}

// Remove removes what was added under that name, and reports whether there was anything.
func (h *Handler) Remove(name string) bool { return h.pools.Remove(name) }

// ServeHTTP shows the pools.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	guard(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this page is read-only", http.StatusMethodNotAllowed)
		return
	}
	q, err := parse(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	report, ok := h.report(q)
	if !ok {
		http.Error(w, "there is no such pool or key", http.StatusNotFound)
		return
	}
	// A page that is written in part cannot become an error any more.
	var page bytes.Buffer
	if err := formats[q.format].write(&page, report); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", formats[q.format].media+"; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	if r.Method == http.MethodGet {
		w.Write(page.Bytes())
	}
}

// guard sets the headers that keep browsers and proxies from storing, framing or leaking
// the page.
func guard(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src '"+styleHash+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept")
}
