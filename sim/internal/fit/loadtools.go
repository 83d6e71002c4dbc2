package fit

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

var (
	k6Heading  = "metric_name,timestamp,metric_value,"
	k6Point    = regexp.MustCompile(`"type":\s*"(Metric|Point)"`)
	vegetaLine = regexp.MustCompile(`^\d{18,19},\d{1,3},\d+,\d+,\d+,`)
	vegetaKeys = regexp.MustCompile(`^\{"attack":.*"latency":`)
)

func isK6(line string, _ []byte) bool {
	return strings.HasPrefix(line, k6Heading) ||
		strings.HasPrefix(line, "{") && k6Point.MatchString(line) && strings.Contains(line, `"metric":`)
}

// readK6 reads the results of k6 run --out csv=FILE or --out json=FILE: the metric
// http_req_duration, or the one that is named. Its time is that of the end.
func readK6(data []byte, o *Options) (*Data, error) {
	metric := "http_req_duration"
	if o.Metric != "" {
		metric = o.Metric
	}
	note := fmt.Sprintf("the metric %s (-metric names another) is how long a request took, in milliseconds; its time is that of the end", metric)
	if strings.HasPrefix(firstLine(data), k6Heading) {
		return readTable(data, &tableForm{
			kind: "k6", at: "timestamp", latency: "metric_value", unit: "ms", ends: true, first: metric, note: note}, o)
	}
	return readRequests("k6", data, o, func(line string) (r request, err error) {
		var point struct {
			Type, Metric string
			Data         struct {
				Time  time.Time
				Value json.Number
			}
		}
		if err := json.Unmarshal([]byte(line), &point); err != nil {
			return r, fmt.Errorf("not a line of k6: %s", shortened(line))
		}
		if point.Type != "Point" || point.Metric != metric {
			return r, errNoRequest
		}
		r = request{at: point.Data.Time, ends: true}
		r.took, err = readLatency(point.Data.Value.String(), "", "ms")
		return r, err
	}, note)
}

func isVegeta(line string, _ []byte) bool {
	return vegetaLine.MatchString(line) || vegetaKeys.MatchString(line)
}

// readVegeta reads the results of vegeta encode -to csv or -to json, with latencies in
// nanoseconds.
func readVegeta(data []byte, o *Options) (*Data, error) {
	const note = "vegeta has latencies in nanoseconds, and the time of the start"
	if vegetaLine.MatchString(firstLine(data)) {
		return readTable(data, &tableForm{
			kind: "vegeta", at: "timestamp", latency: "latency", unit: "ns", note: note,
			heading: []string{"timestamp", "code", "latency", "bytes_out", "bytes_in", "error", "body", "attack", "seq", "method", "url", "headers"},
		}, o)
	}
	return readRequests("vegeta", data, o, func(line string) (r request, err error) {
		var hit struct {
			Timestamp time.Time
			Latency   json.Number
		}
		if err := json.Unmarshal([]byte(line), &hit); err != nil || hit.Latency == "" {
			return r, fmt.Errorf("not a line of vegeta: %s", shortened(line))
		}
		r.at = hit.Timestamp
		r.took, err = readLatency(hit.Latency.String(), "", "ns")
		return r, err
	}, note)
}
