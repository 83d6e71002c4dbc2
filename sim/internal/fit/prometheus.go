package fit

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// promLine matches a sample of Prometheus' text format, or of OpenMetrics, which has
// exemplars.
var promLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*?)\})?\s+(\S+)(?:\s+-?[\d.]+)?(?:\s+# \{.*)?$`)

// promType matches a comment of the text format.
var promType = regexp.MustCompile(`(?m)^# (TYPE|HELP) [a-zA-Z_:][a-zA-Z0-9_:]* `)

// isPrometheus reports whether a file is a text of Prometheus, which has buckets, or comments
// of its own.
func isPrometheus(line string, data []byte) bool {
	return promLine.MatchString(line) && (bytes.Contains(data, []byte("_bucket{")) || promType.Match(data))
}

var promLabel = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"`)

// promHistogram is a histogram of the text format: the sum over all of its series.
type promHistogram struct {
	buckets map[float64]float64 // the count up to a bound
	sum     float64
	count   float64 // as the histogram says itself
	sums    int     // series that have a sum
	counts  int     // series that have a count
	series  map[string]bool
	lines   map[string]int // of each sample
	native  bool
}

// readPrometheus reads a histogram in Prometheus' text format. The earlier text, if there
// is one, is taken off.
func readPrometheus(data, earlier []byte, o *Options) (*Data, error) {
	h, name, err := promOf(data, o)
	if err != nil {
		return nil, err
	}
	d := &Data{Kind: "prometheus"}
	if earlier != nil {
		was, _, err := promOf(earlier, &Options{Metric: name, Skip: o.Skip})
		if err != nil {
			return nil, fmt.Errorf("the earlier file: %w", err)
		}
		if was.count > h.count {
			return nil, errors.New("the earlier file has more observations than the later: the program began anew, or the order is wrong")
		}
		for le := range h.buckets {
			h.buckets[le] -= was.buckets[le]
		}
		h.sum, h.count = h.sum-was.sum, h.count-was.count
	}
	unit, by, err := promUnit(name, o.Unit)
	if err != nil {
		return nil, err
	}
	if err := h.check(name); err != nil {
		return nil, err
	}
	d.Latency = h.sample()
	d.Latency.Scale(unit.Seconds())
	d.Notes = append(d.Notes, fmt.Sprintf("the histogram %s, of %d series together, is in units of %v, by %s", name, len(h.series), unit, by))
	if h.sums == 0 {
		d.Notes = append(d.Notes, "it has no sum, so the mean is that of its buckets, as if durations lay evenly in each")
	}
	if d.Latency.Beyond > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%.3g %% of the observations are above the last bound, %g s, and are taken to be as long as that", float64(100*d.Latency.Beyond), d.Latency.Max))
	}
	if o.Over > 0 {
		d.Rate = h.count / o.Over.Seconds()
		d.Notes = append(d.Notes, fmt.Sprintf("%.0f observations in %v", h.count, o.Over))
	}
	return d, nil
}

// promOf returns the histogram of a text that the options name, or the only one, with its name.
func promOf(data []byte, o *Options) (*promHistogram, string, error) {
	all, err := promAll(data, o.Skip)
	if err != nil {
		return nil, "", err
	}
	name, err := promName(all, data, o.Metric)
	if err != nil {
		return nil, "", err
	}
	h := all[name]
	return h, name, h.countAll(name)
}

// promAll reads all histograms of a text. skip leaves out lines that are none.
func promAll(data []byte, skip bool) (map[string]*promHistogram, error) {
	all := map[string]*promHistogram{}
	n := 0
	for text := range strings.Lines(string(data)) {
		n++
		line := strings.TrimSpace(text)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := promSample(all, line, n); err != nil && !skip {
			return nil, lineError(n, "%v", err)
		}
	}
	return all, nil
}

// promName returns the name of the histogram to read. metric is empty if the user has named none.
func promName(all map[string]*promHistogram, data []byte, metric string) (string, error) {
	var names []string
	for name, h := range all {
		if len(h.buckets) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	native := nativeOf(all)
	switch {
	case all[metric] != nil && all[metric].native && len(all[metric].buckets) == 0:
		return "", errNative(metric)
	case len(names) == 0 && native != "":
		return "", errNative(native)
	case len(names) == 0 && bytes.Contains(data, []byte("go_sql_")):
		return "", errors.New("there are the statistics of a sql.DB (go_sql_...), which do not say how long a connection is in use: a histogram of that is needed, or a log of requests")
	case len(names) == 0 && bytes.Contains(data, []byte("quantile=")):
		return "", errors.New("there are summaries, and no histogram: quantiles of some minutes do not say how all durations are distributed")
	case len(names) == 0:
		return "", errors.New("there is no histogram: no line such as request_seconds_bucket{le=\"0.1\"} 7")
	case metric == "" && len(names) > 1:
		return "", fmt.Errorf("there are %d histograms: name one with -metric, of %s", len(names), strings.Join(names, ", "))
	case metric == "":
		return names[0], nil
	case !slices.Contains(names, metric):
		return "", fmt.Errorf("-metric: there is no histogram %q, of %s", metric, strings.Join(names, ", "))
	}
	return metric, nil
}

// countAll sets the number of all observations, which the last bucket has as well.
func (h *promHistogram) countAll(name string) error {
	if all, ok := h.buckets[math.Inf(1)]; ok {
		if h.counts > 0 && h.count != all {
			return fmt.Errorf("%s has %v observations by its buckets le=\"+Inf\", and %v by its lines %s_count: a part of its lines is missing", name, all, h.count, name)
		}
		h.count = all
	} else if h.count == 0 {
		return fmt.Errorf("%s has neither a bucket le=\"+Inf\" nor a line %s_count, so how many there are in all is not known", name, name)
	}
	return nil
}

// nativeOf returns the name of the first native histogram, or "".
func nativeOf(all map[string]*promHistogram) (name string) {
	for other, h := range all {
		if h.native && (name == "" || other < name) {
			name = other
		}
	}
	return name
}

func errNative(name string) error {
	return fmt.Errorf("%s is a native histogram, and a classic one is needed, with lines such as %s_bucket{le=\"0.1\"} 7: give it classic buckets, too", name, name)
}

// promSample adds a sample to its histogram. Other metrics are left out.
func promSample(all map[string]*promHistogram, line string, n int) error {
	m := promLine.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("%q is not a sample of Prometheus' text format", line)
	}
	of := func(name string) *promHistogram {
		if all[name] == nil {
			all[name] = &promHistogram{buckets: map[float64]float64{}, series: map[string]bool{}, lines: map[string]int{}}
		}
		return all[name]
	}
	if strings.HasPrefix(m[3], "{") {
		of(m[1]).native = true
		return nil
	}
	v, err := strconv.ParseFloat(m[3], 64)
	if err != nil {
		return fmt.Errorf("%q is not a number", m[3])
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0 // of a series without observations
	}
	if name, is := strings.CutSuffix(m[1], "_bucket"); is {
		for _, label := range promLabel.FindAllStringSubmatch(m[2], -1) {
			if label[1] == "le" {
				return of(name).addBucket(m, label, v, n)
			}
		}
	}
	if name, is := strings.CutSuffix(m[1], "_sum"); is {
		if err := of(name).once(m[1], m[2], n); err != nil {
			return err
		}
		of(name).sum += v
		of(name).sums++
	}
	if name, is := strings.CutSuffix(m[1], "_count"); is {
		if err := of(name).once(m[1], m[2], n); err != nil {
			return err
		}
		of(name).count += v
		of(name).counts++
	}
	return nil
}

// addBucket adds a sample of a bucket. m is the match of its line, and le that of its bound.
func (h *promHistogram) addBucket(m, le []string, v float64, line int) error {
	bound, err := strconv.ParseFloat(le[2], 64)
	if err != nil {
		return fmt.Errorf("the bound le=%q is not a number", le[2])
	}
	if err := h.once(m[1], m[2], line); err != nil {
		return err
	}
	h.buckets[bound] += v
	h.series[strings.Replace(m[2], le[0], "", 1)] = true
	return nil
}

// once refuses a second sample of a series: it would count twice. The file may be several
// texts, one after another.
func (h *promHistogram) once(name, labels string, line int) error {
	sample := name
	if labels != "" {
		sample += "{" + labels + "}"
	}
	if first := h.lines[sample]; first > 0 {
		return fmt.Errorf("%s is there twice, first in line %d: take one text of /metrics a file", sample, first)
	}
	h.lines[sample] = line
	return nil
}

// promUnit returns the unit of a histogram, and what says so. By convention names end with
// it, and it is seconds.
func promUnit(name, said string) (unit time.Duration, by string, err error) {
	switch {
	case said != "":
		return units[said], "-unit", nil
	case unitOf(name) != 0:
		return unitOf(name), "its name", nil
	case strings.HasSuffix(name, "_bytes") || strings.HasSuffix(name, "_ratio"):
		return 0, "", fmt.Errorf("%s is not a histogram of durations", name)
	}
	return time.Second, "convention (-unit)", nil
}

// check refuses what cannot be a histogram.
func (h *promHistogram) check(name string) error {
	if h.count <= 0 {
		return fmt.Errorf("%s has no observation", name)
	}
	last := 0.0
	for _, le := range h.bounds() {
		if h.buckets[le] < last || h.buckets[le] > h.count {
			return fmt.Errorf("the buckets of %s do not add up at le=%q: its series have different bounds, so keep only those with the same", name, strconv.FormatFloat(le, 'g', -1, 64))
		}
		last = h.buckets[le]
	}
	if len(h.bounds()) == 0 {
		return fmt.Errorf("%s has no bound but +Inf, which says nothing about durations: if it is a native histogram, give it classic buckets, too", name)
	}
	return h.checkMean(name)
}

// checkMean refuses a sum that no durations in the buckets can have.
func (h *promHistogram) checkMean(name string) error {
	if h.sums != len(h.series) {
		return nil // that of some series alone
	}
	least, most, below, n := 0.0, 0.0, 0.0, 0.0
	for _, le := range h.bounds() {
		here := h.buckets[le] - n
		least += float64(here * below) // converted, so that no machine fuses it with the sum
		most += float64(here * le)
		below, n = le, h.buckets[le]
	}
	least += float64((h.count - n) * below)
	if n < h.count {
		most = math.Inf(1)
	}
	const rounding = 1e-6
	if h.sum < least*(1-rounding) || h.sum > most*(1+rounding) {
		return fmt.Errorf("%s has the mean %.3g by its sum, and its buckets allow %.3g to %.3g", name, h.sum/h.count, least/h.count, most/h.count)
	}
	return nil
}

// bounds returns the bounds of the buckets in order, without infinity.
func (h *promHistogram) bounds() (all []float64) {
	for le := range h.buckets {
		if !math.IsInf(le, 1) {
			all = append(all, le)
		}
	}
	slices.Sort(all)
	return all
}

// sample returns the points at the bounds of the buckets.
func (h *promHistogram) sample() *Sample {
	s := &Sample{Count: uint64(h.count), Mean: h.sum / h.count}
	for _, le := range h.bounds() {
		share := h.buckets[le] / h.count
		s.Points = append(s.Points, Point{le, share})
		s.Max = le
		s.Beyond = 1 - share
		if share >= 1 {
			break
		}
	}
	if h.sums == 0 {
		s.Mean = s.meanOfPoints()
	}
	return s
}
