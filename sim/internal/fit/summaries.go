package fit

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
)

// summaries are texts that hold no single request: figures of all of them, which neither
// say how their times are distributed nor when they came.
var summaries = []struct {
	of      string
	pattern *regexp.Regexp // of the beginning
}{
	{"wrk", regexp.MustCompile(`^Running \S+ test @ `)},
	{"locust", regexp.MustCompile(`^(Type|Timestamp),(Name|User Count),`)},
	{"locust", regexp.MustCompile(`^(Type +)?Name +# reqs `)},
	{"ApacheBench", regexp.MustCompile(`^This is ApacheBench|^Percentage served,`)},
	{"hey", regexp.MustCompile(`^Summary:\s+Total:`)},
	{"vegeta", regexp.MustCompile(`^Requests +\[total, rate`)},
	{"JMeter", regexp.MustCompile(`^Label,# Samples,`)},
	{"k6", regexp.MustCompile(`(?s)^(\s|█|✓|✗|/|\\|execution:|[^{\n]*\n)*[^{\n]*http_req_duration\.*: avg=`)},
}

// nativeJSON matches the value of a native histogram in an answer of Prometheus.
var nativeJSON = regexp.MustCompile(`"histograms?":\s*\[`)

// instead names what has single requests.
var instead = map[string]string{
	"wrk":         "take the server's access log, or another tool (hey -o csv, vegeta encode, k6 --out csv=FILE)",
	"locust":      "take the server's access log, or write each request to a file in a listener of the request event",
	"ApacheBench": "ab -g FILE writes each request",
	"hey":         "hey -o csv writes each request",
	"vegeta":      "vegeta encode -to csv writes each request",
	"JMeter":      "take the .jtl file, which has each request",
	"k6":          "k6 run --out csv=FILE writes each request",
}

// summary refuses what holds no single request, and says what does.
func summary(data []byte) error {
	head := bytes.TrimSpace(data[:min(len(data), 16<<10)])
	for _, s := range summaries {
		if s.pattern.Match(head) {
			return noRequests(s.of)
		}
	}
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return nil
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if !bytes.Contains(head, []byte(`"`+name+`"`)) {
				return false
			}
		}
		return true
	}
	switch {
	case has("status", "data", "resultType") && nativeJSON.Match(head):
		return errors.New("it is an answer of Prometheus' HTTP API with a native histogram, and a classic one is needed: give the program's histogram classic buckets, too, and save the text of its /metrics")
	case has("name", "help", "type") && bytes.Contains(head, []byte(`"HISTOGRAM"`)):
		return errors.New("it is metrics of Prometheus as JSON: save the text of /metrics instead")
	case has("status", "data", "resultType"):
		return errors.New("it is an answer of Prometheus' HTTP API, with values by time: save the text of the program's own /metrics, once, or twice for what happened in between (poolsim fit later.txt earlier.txt -over 5m)")
	case has("metrics", "http_req_duration", "avg") && !has("Point"):
		return noRequests("k6")
	case has("latencies", "bytes_in", "throughput"):
		return noRequests("vegeta")
	}
	return nil
}

func noRequests(of string) error {
	return fmt.Errorf("it is a summary of %s: it has no time of a single request, and not when each came; %s", of, instead[of])
}
