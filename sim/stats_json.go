package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// ParseStats reads the statistics of pools from JSON: those of one resource.Pool, as
// encoding/json writes its Stats, or the document of a debug page, which has several. The
// names of fields may be written in any case, with underscores or without. The result
// includes statistics that cannot be used: see [Stats.Usable]. It returns an error if data
// is not JSON, or has no statistics.
func ParseStats(data []byte) ([]Stats, error) {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, notJSON(data, err)
	}
	if err := noKeyTwice(data); err != nil {
		return nil, err
	}
	f := statsFinder{}
	if o, is := v.(map[string]any); is {
		if err := f.page(o); err != nil {
			return nil, err
		}
	}
	if err := f.find(v, place{}); err != nil {
		return nil, err
	}
	if len(f.found) == 0 && f.other != "" {
		return nil, fmt.Errorf("they are the statistics of %s, which does not measure how long a connection is in use: the Stats of a resource.Pool with Histograms are needed, or a log of requests for poolsim fit", f.other)
	}
	if len(f.found) == 0 {
		return nil, errors.New("there are no statistics of a pool: neither a pool's Stats nor a debug page with a pool")
	}
	return f.found, nil
}

// notJSON says what a text is in the place of JSON.
func notJSON(data []byte, err error) error {
	text := strings.TrimSpace(string(data))
	switch first, _, _ := strings.Cut(text, "\n"); {
	case text == "":
		return errors.New("not JSON: it is empty")
	case text[0] == '<':
		return errors.New("not JSON, but HTML: the JSON of a debug page is at its address with ?format=json")
	case text[0] != '{' && text[0] != '[':
		return fmt.Errorf("not JSON: it begins with %.60q; the JSON of a debug page is at its address with ?format=json", first)
	}
	return fmt.Errorf("not JSON: %w", err)
}

// pageVersion is the version of a debug page that is understood: pooldebug.Version.
const pageVersion = 1

// statsFinder finds the statistics of pools in a document.
type statsFinder struct {
	time  time.Time // of the document
	found []Stats
	other string // the pool of another package that a document is about, or ""
}

// page reads what a debug page says of itself.
func (f *statsFinder) page(o object) error {
	if v, is := o.get("version").(float64); is && o.get("pools") != nil && v != pageVersion {
		return fmt.Errorf("the page has version %v, and version %d is understood: take the poolsim of the program's respool", v, pageVersion)
	}
	text, _ := o.get("time").(string)
	f.time, _ = time.Parse(time.RFC3339Nano, text) // zero if there is none
	return nil
}

// place is where an object stands in the document.
type place struct {
	name  string // of the nearest object around it that has one
	group bool   // that is a group of pools
}

// find looks for objects with histograms, or with what else a pool counts.
func (f *statsFinder) find(v any, at place) error {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if err := f.find(x, at); err != nil {
				return err
			}
		}
	case map[string]any:
		o := object(v)
		at = at.within(o)
		h, measured := o.get("histograms").(map[string]any)
		_, active := o.get("active").(float64)
		_, acquired := o.get("acquired").(float64)
		if measured && object(h).get("use") != nil || active && acquired {
			st, err := statsOf(o, object(h))
			if err != nil {
				return err
			}
			st.Name, st.Time, st.unmeasured, st.group = at.name, f.time, !measured, at.group
			f.found = append(f.found, *st)
			return nil
		}
		if pool := o.otherPool(); pool != "" {
			f.other = pool
		}
		_, named := o.get("name").(string)
		for _, key := range o.keys() {
			inner := at
			if !named && at.name == "" {
				inner.name = key
			}
			if err := f.find(v[key], inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// within returns the place within an object. A key of a group stands for one pool of it.
func (at place) within(o object) place {
	if s, is := o.get("name").(string); is && s != "" {
		at.name = s
	}
	if group, is := o.get("group").(bool); is {
		at.group = group
	}
	details, _ := o.get("details").(map[string]any)
	for _, keyed := range []object{o, details} {
		if key, is := keyed.get("key").(string); is && at.group {
			at.name, at.group = at.name+"/"+key, false
		}
	}
	return at
}

// object is an object of JSON, whose names may be written in different ways.
type object map[string]any

// otherPool names the pool of another package whose statistics an object has, or "".
func (o object) otherPool() string {
	switch {
	case o.get("waitcount") == nil || o.get("waitduration") == nil:
		return ""
	case o.get("maxopenconnections") != nil:
		return "a sql.DB"
	case o.get("activecount") != nil:
		return "a pool of redigo"
	}
	return ""
}

func plainName(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }

// get returns the value of a name. Of several spellings it takes the first, so that the same
// text always means the same; twoSpellings refuses them where they matter.
func (o object) get(name string) any {
	first, found := "", false
	for key := range o {
		if plainName(key) == name && (!found || key < first) {
			first, found = key, true
		}
	}
	return o[first]
}

// twoSpellings refuses an object that has a name in two spellings.
func (o object) twoSpellings() error {
	seen := map[string]string{}
	for _, key := range o.keys() {
		if other, is := seen[plainName(key)]; is {
			return fmt.Errorf("%q and %q are one name: leave one out", other, key)
		}
		seen[plainName(key)] = key
	}
	return nil
}

func (o object) keys() (all []string) {
	for key := range o {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

func statsOf(o, histograms object) (*Stats, error) {
	for _, names := range []object{o, histograms} {
		if err := names.twoSpellings(); err != nil {
			return nil, err
		}
	}
	st := new(Stats)
	for _, name := range []string{"exhausted", "timedout", "shed", "canceled"} {
		if n, is := o.get(name).(float64); is && n > 0 && n < math.MaxInt64 {
			st.Refused += uint64(n)
		}
	}
	for _, name := range []string{"leased", "waiting"} {
		if n, is := o.get(name).(float64); is && n > 0 && n < math.MaxInt32 {
			st.pending += int(n)
		}
	}
	if n, is := o.get("maxactive").(float64); is && n > 0 && n < math.MaxInt32 {
		st.MaxActive = int(n)
	}
	for _, h := range []struct {
		name string
		to   *Durations
	}{{"use", &st.Use}, {"wait", &st.Wait}, {"open", &st.Open}} {
		v, is := histograms.get(h.name).(map[string]any)
		if !is {
			continue
		}
		if err := readDurations(object(v), h.to); err != nil {
			return nil, fmt.Errorf("the histogram %q: %w", h.name, err)
		}
	}
	return st, nil
}

// readDurations reads a histogram: its count, its sum in nanoseconds, and its buckets as
// pairs of an upper end in nanoseconds and a count.
func readDurations(o object, to *Durations) error {
	if err := o.twoSpellings(); err != nil {
		return err
	}
	count, hasCount := o.get("count").(float64)
	sum, hasSum := o.get("sum").(float64)
	buckets, _ := o.get("buckets").([]any)
	if !hasCount || !hasSum {
		return errors.New("it has no count, or no sum")
	}
	if count < 0 || count >= 1<<63 || sum < 0 {
		return fmt.Errorf("no %v durations have the sum %v", count, sum)
	}
	to.Count, to.Sum = uint64(count), time.Duration(min(sum, float64(longest)*1e3))
	total := uint64(0)
	for i, b := range buckets {
		pair, is := b.([]any)
		if !is || len(pair) != 2 {
			return fmt.Errorf("bucket %d is not a pair of an upper end and a count", i)
		}
		upper, ok := pair[0].(float64)
		n, also := pair[1].(float64)
		if !ok || !also || upper < 0 || n < 0 || n >= 1<<63 {
			return fmt.Errorf("bucket %d is not a pair of two numbers from 0 on", i)
		}
		to.Buckets = append(to.Buckets, Bucket{time.Duration(min(upper, float64(longest))), uint64(n)})
		total += uint64(n)
	}
	if total != to.Count {
		return fmt.Errorf("its buckets have %d durations, and its count is %d", total, to.Count)
	}
	slices.SortFunc(to.Buckets, func(a, b Bucket) int { return int(min(max(a.Upper-b.Upper, -1), 1)) })
	return nil
}
