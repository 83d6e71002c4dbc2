package pooldebug

import (
	"cmp"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/respool/respool/resource"
)

// Version is the version of the JSON form.
const Version = 1

// Report is what a page shows. Its JSON form is what ?format=json answers.
type Report struct {
	Version int       `json:"version"` // see [Version]
	Time    time.Time `json:"time"`
	Pools   []Entry   `json:"pools"` // in the order of their names

	query query
}

// Entry is a pool of a report, or a group.
type Entry struct {
	Name  string         `json:"name"`
	Stats resource.Stats `json:"stats"`
	// Findings say in plain words what is wrong, the most important first. If there are none,
	// nothing is wrong as far as one look at the pool can tell.
	Findings        []string              `json:"findings"`
	LastOpenFailure *resource.OpenFailure `json:"last_open_failure,omitempty"` // not of a group
	LastLost        *resource.LostLease   `json:"last_lost,omitempty"`         // not of a group
	// Group is true for a set of pools, such as a [Keyed].
	Group bool `json:"group,omitempty"`
	// Details is only there if the request names a pool.
	Details *Details `json:"details,omitempty"`
}

// Details are the parts of a pool. Lists that are long are shown in part: From is the
// place of the first one that is shown, and Total how many there are.
type Details struct {
	Key       string                  `json:"key,omitempty"` // if the request names a key
	From      int                     `json:"from"`
	Total     int                     `json:"total"`
	Resources []resource.ResourceInfo `json:"resources,omitempty"`
	Waiters   []resource.WaiterInfo   `json:"waiters,omitempty"` // the first 256
	Keys      []KeyEntry              `json:"keys,omitempty"`    // of a group, in the place of resources
}

// KeyEntry is a pool of a group.
type KeyEntry struct {
	Key   string         `json:"key"`
	Stats resource.Stats `json:"stats"`
}

// report looks at the pools. It reports false if the query names one that is not there.
func (h *Handler) report(q query) (*Report, bool) {
	r := &Report{Version: Version, Time: time.Now(), Pools: []Entry{}, query: q}
	all := labels{}
	for _, n := range h.all() {
		name := all.of(n.name)
		if q.onePool && name != q.pool {
			continue
		}
		e, ok := look(name, n.shown, q)
		if !ok {
			return nil, false
		}
		r.Pools = append(r.Pools, e)
	}
	return r, !q.onePool || len(r.Pools) > 0
}

func look(name string, s shown, q query) (Entry, bool) {
	if s.group != nil {
		return lookAtGroup(name, s.group, q)
	}
	if q.oneKey {
		return Entry{}, false
	}
	e := Entry{Name: name}
	e.fill(s.pool.Inspect(), q)
	return e, true
}

// fill describes one pool.
func (e *Entry) fill(in resource.Inspection, q query) {
	e.Stats = in.Stats
	if f := in.LastOpenFailure; f != nil {
		e.LastOpenFailure = &resource.OpenFailure{Time: f.Time, Text: scrub(f.Text), Over: f.Over}
	}
	e.Findings, e.LastLost = findings(in, e.LastOpenFailure), in.LastLost
	if !q.onePool {
		return
	}
	all := in.Resources
	if q.state != "" {
		all = slices.DeleteFunc(all, func(r resource.ResourceInfo) bool { return r.State != q.state })
	}
	slices.SortStableFunc(all, urgent)
	d := &Details{From: min(q.from, len(all)), Total: len(all), Waiters: in.Waiters}
	d.Resources = part(all, q)
	e.Details = d
}

func lookAtGroup(name string, g Group, q query) (Entry, bool) {
	e := Entry{Name: name, Group: true}
	if q.oneKey {
		in, ok := inspectKey(g, q.key)
		if ok {
			e.fill(in, q)
			e.Details.Key = q.key
		}
		return e, ok
	}
	e.Stats = g.Stats()
	e.Findings = findings(resource.Inspection{Stats: e.Stats, Closed: g.Closed()}, nil)
	if !q.onePool {
		return e, true
	}
	all, _ := keysOf(g)
	slices.SortFunc(all, func(a, b KeyEntry) int {
		return cmp.Or(-cmp.Compare(a.Stats.Waiting, b.Stats.Waiting), -cmp.Compare(a.Stats.Active, b.Stats.Active), cmp.Compare(a.Key, b.Key))
	})
	e.Details = &Details{From: min(q.from, len(all)), Total: len(all), Keys: part(all, q)}
	return e, true
}

// keysOf returns what the page shows of each pool of a group, and the name for each label.
func keysOf(g Group) (all []KeyEntry, names map[string]string) {
	for name, st := range g.StatsByKey() {
		all = append(all, KeyEntry{name, st})
	}
	slices.SortFunc(all, func(a, b KeyEntry) int { return cmp.Compare(a.Key, b.Key) }) // a group has no order
	names, shown := make(map[string]string, len(all)), labels{}
	for i := range all {
		name := all[i].Key
		all[i].Key = shown.of(name)
		names[all[i].Key] = name
	}
	return all, names
}

// inspectKey looks at the pool of a group that has this label.
func inspectKey(g Group, label string) (resource.Inspection, bool) {
	_, names := keysOf(g)
	name, ok := names[label]
	if !ok {
		return resource.Inspection{}, false
	}
	return g.Inspect(name)
}

// urgent orders resources: by state, and then the one that is in its state longest first.
func urgent(a, b resource.ResourceInfo) int {
	if c := cmp.Compare(slices.Index(states, a.State), slices.Index(states, b.State)); c != 0 {
		return c
	}
	if a.Since.IsZero() != b.Since.IsZero() {
		if a.Since.IsZero() {
			return 1
		}
		return -1
	}
	return a.Since.Compare(b.Since)
}

// part returns the requested part of a list.
func part[E any](all []E, q query) []E {
	from := min(q.from, len(all))
	return all[from:min(len(all), from+q.limit)]
}

func writeJSON(w io.Writer, r *Report) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(r)
}

// link returns the address of another page, relative to this one. Its parameters are
// those of this page, with changes: pairs of a name and a value, which is empty to leave
// the parameter out.
func (r *Report) link(changes ...string) string {
	values := url.Values{}
	for _, name := range []string{"pool", "key", "state", "from", "limit", "format"} {
		if r.query.values.Has(name) {
			values.Set(name, r.query.values.Get(name))
		}
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			values.Del(changes[i])
		} else {
			values.Set(changes[i], changes[i+1])
		}
	}
	return "?" + values.Encode()
}

// pages returns the links to the parts before and after this one, which are empty if
// there are none.
func (r *Report) pages(d *Details) (before, after string) {
	if d.From > 0 {
		before = r.link("from", strconv.Itoa(max(0, d.From-r.query.limit)))
	}
	if end := d.From + r.query.limit; end < d.Total && r.query.limit > 0 {
		after = r.link("from", strconv.Itoa(end))
	}
	return before, after
}
