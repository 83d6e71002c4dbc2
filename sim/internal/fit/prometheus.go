package fit

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// promLine matches a sample of Prometheus' text format.
var promLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$`)

var promLabel = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"`)

// promHistogram is a histogram of the text format: the sum over all of its series.
type promHistogram struct {
	buckets map[float64]float64 // the count up to a bound, in seconds
	sum     float64
	count   float64
	series  int
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
	if h.count <= 0 {
		return nil, fmt.Errorf("%s has no observation", name)
	}
	d.Latency = h.sample()
	d.Notes = append(d.Notes, fmt.Sprintf("the histogram %s, of %d series together, is in seconds", name, h.series))
	if d.Latency.Beyond > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%.3g %% of the observations are above the last bound, %g s, and are taken to be as long as that", float64(100*d.Latency.Beyond), d.Latency.Max))
	}
	if o.Over > 0 {
		d.Rate = h.count / o.Over.Seconds()
		d.Notes = append(d.Notes, fmt.Sprintf("%.0f observations in %v", h.count, o.Over))
	}
	return d, nil
}

func promOf(data []byte, o *Options) (*promHistogram, string, error) {
	all := map[string]*promHistogram{}
	n := 0
	for text := range strings.Lines(string(data)) {
		n++
		line := strings.TrimSpace(text)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := promSample(all, line); err != nil {
			if !o.Skip {
				return nil, "", lineError(n, "%v", err)
			}
		}
	}
	var names []string
	for name, h := range all {
		if len(h.buckets) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	name := o.Metric
	switch {
	case len(names) == 0:
		return nil, "", errors.New("there is no histogram: no line such as request_seconds_bucket{le=\"0.1\"} 7")
	case name == "" && len(names) > 1:
		return nil, "", fmt.Errorf("there are %d histograms: name one with -metric, of %s", len(names), strings.Join(names, ", "))
	case name == "":
		name = names[0]
	case !slices.Contains(names, name):
		return nil, "", fmt.Errorf("-metric: there is no histogram %q, of %s", name, strings.Join(names, ", "))
	}
	h := all[name]
	if _, ok := h.buckets[math.Inf(1)]; !ok {
		return nil, "", fmt.Errorf("%s has no bucket le=\"+Inf\"", name)
	}
	h.count = h.buckets[math.Inf(1)]
	return h, name, nil
}

func promSample(all map[string]*promHistogram, line string) error {
	m := promLine.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("%q is not a sample of Prometheus' text format", line)
	}
	v, err := strconv.ParseFloat(m[3], 64)
	if err != nil {
		return fmt.Errorf("%q is not a number", m[3])
	}
	of := func(name string) *promHistogram {
		if all[name] == nil {
			all[name] = &promHistogram{buckets: map[float64]float64{}}
		}
		return all[name]
	}
	if name, is := strings.CutSuffix(m[1], "_bucket"); is {
		for _, label := range promLabel.FindAllStringSubmatch(m[2], -1) {
			if label[1] != "le" {
				continue
			}
			le, err := strconv.ParseFloat(label[2], 64)
			if err != nil {
				return fmt.Errorf("the bound le=%q is not a number", label[2])
			}
			h := of(name)
			h.buckets[le] += v
			if math.IsInf(le, 1) {
				h.series++
			}
			return nil
		}
	}
	if name, is := strings.CutSuffix(m[1], "_sum"); is {
		of(name).sum += v
	}
	return nil
}

// sample returns the points at the bounds of the buckets.
func (h *promHistogram) sample() *Sample {
	s := &Sample{Count: uint64(h.count), Mean: h.sum / h.count}
	var bounds []float64
	for le := range h.buckets {
		bounds = append(bounds, le)
	}
	slices.Sort(bounds)
	for _, le := range bounds {
		if math.IsInf(le, 1) {
			break
		}
		share := h.buckets[le] / h.count
		s.Points = append(s.Points, Point{le, share})
		s.Max = le
		s.Beyond = 1 - share
		if share >= 1 {
			break
		}
	}
	return s
}
