package fit

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func gzipped(t *testing.T, text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Files as programs write them are read without an option.
func TestFilesAsPeopleHaveThem(t *testing.T) {
	const combined = ` +0000] "GET /a HTTP/1.1" 200 512 "http://x/?rt=9&b=2" "Mozilla/5.0 (a=b)" `
	prom := func(labels string) string {
		return fmt.Sprintf("# HELP rt_seconds Time.\n# TYPE rt_seconds histogram\nrt_seconds_bucket{%sle=\"0.1\"} 10\nrt_seconds_bucket{%sle=\"0.2\"} 20\n", labels, labels)
	}
	for name, c := range map[string]struct {
		text string
		kind string
		mean float64 // of latencies, in seconds
		note string
	}{
		"nginx with upstream's time":  {logHead + "1" + combined + "rt=0.500 uct=\"0.1\" urt=\"0.300\"\n", "log", 0.3, "the field urt= is"},
		"nginx with a quoted pair":    {logHead + "1" + combined + "\"rt=0.500\"\n", "log", 0.5, "the field rt= is"},
		"virtual host":                {"example.org:443 " + logHead + "1" + combined + "0.500\n", "log", 0.5, "the last field"},
		"IPv6":                        {strings.Replace(logHead, "10.0.0.1", "2001:db8::1", 1) + "1" + combined + "0.500\n", "log", 0.5, ""},
		"log with CRLF":               {logHead + "1" + combined + "0.500\r\n" + logHead + "2" + combined + "0.100\r\n", "log", 0.3, ""},
		"semicolons, decimal commas":  {"Time;Latency (ms)\n0,25;1.234,5\n1,5;0,5\n", "csv", 0.6175, ""},
		"tabs":                        {"time\tlatency\n1.5\t3,5 ms\n", "csv", 0.0035, ""},
		"a comma in a heading":        {"time;\"latency\";note, if any\n1;2ms;a,b\n", "csv", 0.002, ""},
		"sep":                         {"sep=;\r\ntime;latency_ms\r\n1;2\r\n", "csv", 0.002, ""},
		"byte order mark":             {"\ufefftime,latency_ms\n1,2\n", "csv", 0.002, ""},
		"comments first":              {"# made by a script\n\ntime,latency_ms\n1,2\n", "csv", 0.002, ""},
		"Latin-1":                     {"time;latency_ms;stra\xdfe\n1;2;x\n", "csv", 0.002, ""},
		"points in time, log's form":  {"time,latency_ms\n28/Nov/2026:10:00:00 +0000,2\n", "csv", 0.002, "points in time"},
		"zone without a blank":        {"time,latency_ms\n2026-11-28 10:00:00+01:00,2\n", "csv", 0.002, "points in time"},
		"Prometheus":                  {prom("") + "rt_seconds_bucket{le=\"+Inf\"} 20\nrt_seconds_sum 2\nrt_seconds_count 20\n", "prometheus", 0.1, "1 series together, is in units of 1s, by its name"},
		"Prometheus without infinity": {prom("") + "rt_seconds_sum 2\nrt_seconds_count 20\n", "prometheus", 0.1, ""},
		"Prometheus without a sum":    {prom("") + "rt_seconds_bucket{le=\"+Inf\"} 20\n", "prometheus", 0.1, "it has no sum"},
		"two series":                  {prom(`path="/{id}",`) + prom(`path="/b",`) + "rt_seconds_sum{path=\"/{id}\"} 2\nrt_seconds_count{path=\"/{id}\"} 40\n", "prometheus", 0.05, "2 series"},
		"in milliseconds":             {strings.NewReplacer("_seconds", "_ms", "0.1", "100", "0.2", "200").Replace(prom("")) + "rt_ms_sum 2000\nrt_ms_count 20\n", "prometheus", 0.1, "1ms, by its name"},
		"OpenMetrics": {strings.Replace(prom(""), "} 10", "} 10 # {trace_id=\"x\"} 0.067 1520879607.789", 1) +
			"rt_seconds_sum 2 1520879607.789\nrt_seconds_count 20\n# EOF\n", "prometheus", 0.1, ""},
		"JSON lines": {`{"level":"info","msg":"listening"}` + "\n" + `{"ts":1764324000.25,"duration":0.25,"status":200}` + "\n\n" + `{"ts":1764324001.5,"duration":0}` + "\n", "jsonl", 0.125,
			"1 of 3 lines have no field \"duration\""},
		"zap":                         {`{"level":"info","ts":"2026-11-28T10:00:00.000Z","latency":"3.5ms"}` + "\n", "jsonl", 0.0035, `"latency" is how long a request took, with its unit; the field "ts" is when the line was written`},
		"pino":                        {`{"level":30,"time":1764324000123,"res":{"statusCode":200},"responseTime":12}` + "\r\n", "jsonl", 0.012, "pino has it in milliseconds; the field \"time\" is when the line was written, at the end of the request, which arrived that much earlier: milliseconds since 1970"},
		"nginx":                       {`{"time_local":"28/Nov/2026:10:00:00 +0000","request_time":"0.500","upstream_response_time":"0.300"}` + "\n", "jsonl", 0.5, "it has whole seconds"},
		"ECS":                         {`{"@timestamp":"2026-11-28T10:00:00.123Z","event.duration":2000000}` + "\n", "jsonl", 0.002, "in nanoseconds"},
		"nested":                      {`{"@timestamp":"2026-11-28T10:00:00Z","event":{"duration":2000000},"http":{"request":{"elapsed_ms":2}}}` + "\n", "jsonl", 0.002, `the field "event.duration" is`},
		"envoy, start and camel case": {`{"startTime":"2026-11-28T10:00:00.5Z","durationMs":20}` + "\n", "jsonl", 0.02, `the field "startTime" is when it arrived: points in time`},
		"Google's":                    {`{"timestamp":"2026-11-28T10:00:00.5Z","httpRequest":{"latency":"0.020s"}}` + "\n", "jsonl", 0.02, `"httpRequest.latency"`},
		"microseconds since 1970":     {`{"timestamp":1764324000123456,"elapsed_us":1500}` + "\n", "jsonl", 0.0015, "microseconds since 1970"},
		"nanoseconds since 1970":      {`{"ts":1764324000123456789,"took_ns":1500}` + "\n", "jsonl", 1.5e-6, "nanoseconds since 1970"},
		"a debug page": {`{"version": 1, "time": "2026-11-28T10:00:00Z", "pools": [{"name": "a", "stats": {"Active": 1, "Acquired": 2, "Exhausted": 3,
			"Histograms": {"Use": {"count": 2, "sum": 400, "buckets": [[100, 1], [300, 1]]}}}}, {"name": "b", "stats": {"Active": 1, "Acquired": 2}}]}`,
			"stats", 200e-9, "3 acquires got nothing"},
	} {
		for form, data := range map[string][]byte{"": []byte(c.text), " with gzip": gzipped(t, c.text)} {
			text, err := Text(data)
			if err != nil {
				t.Errorf("%s%s: %v", name, form, err)
				continue
			}
			kind, _ := KindOf(text)
			d, err := Read(kind, text, nil, &Options{})
			if err != nil || kind != c.kind {
				t.Errorf("%s%s: kind %s, %v", name, form, kind, err)
			} else if math.Abs(d.Latency.Mean/c.mean-1) > 1e-9 || !strings.Contains(strings.Join(d.Notes, "; "), c.note) {
				t.Errorf("%s%s: a mean of %v, want %v; notes %q", name, form, d.Latency.Mean, c.mean, d.Notes)
			}
		}
	}
}

// The error about a file that cannot be read says why, and what would help.
func TestFilesThatCannotBeRead(t *testing.T) {
	log := logHead + `1 +0000] "GET / HTTP/1.1" 200 512`
	packed := string(gzipped(t, "time,latency\n"))
	for name, c := range map[string]struct{ text, want string }{
		"JSON without a latency": {`{"ts":1,"status":200}` + "\n" + `{"ts":2,"status":200}`, "no name of a field says how long a request took: name it with -field; there are status, ts"},
		"JSON without a unit":    {`{"ts":1,"duration":200}`, "the field \"duration\" has numbers without a unit: say with -unit"},
		"JSON, no time":          {`{"ts":1,"duration_ms":2}` + "\n" + `{"duration_ms":2}`, `line 2: there is no field "ts"`},
		"JSON, no number":        {`{"duration_ms":2}` + "\n" + `{"duration_ms":"fast"}`, `line 2: the field "duration_ms": "fast" is not how long`},
		"JSON, negative":         {`{"duration_ms":-2}`, `line 1: the field "duration_ms": "-2" is negative`},
		"JSON and a text":        {`{"duration_ms":2}` + "\n" + `panic: runtime error: index out of range [3] with length 3`, `line 2: not a JSON object: panic: runtime error: index out of range...`},
		"JSON, cut off":          {`{"duration_ms":2}` + "\n" + `{"duration_ms":`, "line 2: not a JSON object"},
		"JSON, two in a line":    {`{"duration_ms":2}` + "\n" + `{"duration_ms":2}{"duration_ms":2}`, "line 2: not a JSON object"},
		"empty":                  {"", "the file is empty"},
		"blank":                  {"\ufeff\r\n  \r\n", "the file is empty"},
		"log without a time":     {log + ` "http://x/?a=1" "a=b"` + "\n", "there is no time after the size: add $request_time"},
		"Apache's %D":            {log + " 2000\n", "say with -unit whether it is s, ms, us (as Apache's %D)"},
		"no upstream at all":     {log + " urt=\"-\"\n", "line 1: \"-\" is not how long"},
		"values only":            {"0.003\n0.004\n", "line 1: there is no heading: put a line before it"},
		"a comma in a number":    {"time,latency_ms\n2026-11-28T10:00:00Z,1,5\n", "line 2: the row has 3 fields, and the heading 2: quote a field"},
		"two values":             {"2026-11-28T10:00:00Z,3ms\n", "line 1: there is no heading"},
		"German date":            {"time;latency_ms\n28.11.2026 10:00:00;3\n", `line 2: "28.11.2026 10:00:00" is not an instant: write 2026-11-28`},
		"thousands":              {"time,latency_ms\n1,\"1,234\"\n", `line 2: "1,234" is not how long`},
		"heading only":           {"time,latency_ms", "there is no row with values"},
		"HTML":                   {"\n<!DOCTYPE html>\n", "it is HTML or XML"},
		"UTF-16":                 {"\xff\xfet\x00", "the text is in UTF-16: save it as UTF-8"},
		"spreadsheet":            {"PK\x03\x04\x14\x00\x00\x00\x08\x00", "it is not a text: unpack it, or export it as CSV"},
		"damaged gzip":           {packed[:len(packed)-6], "packed with gzip, and damaged: "},
		"no gzip":                {"\x1f\x8b1", "packed with gzip, and damaged: "},
		"no count":               {"rt_bucket{le=\"1\"} 7\n", "rt has neither a bucket le=\"+Inf\" nor a line rt_count"},
		"infinity only":          {"rt_bucket{le=\"+Inf\"} 7\nrt_sum 1\n", "rt has no bound but +Inf"},
		"different bounds":       {"rt_bucket{a=\"1\",le=\"1\"} 7\nrt_bucket{a=\"1\",le=\"2\"} 8\nrt_bucket{a=\"2\",le=\"1\"} 7\nrt_count 15\n", `the buckets of rt do not add up at le="2"`},
		"a count of its own":     {"rt_bucket{le=\"1\"} 7\nrt_bucket{le=\"+Inf\"} 7\nrt_count 9\n", "rt has 7 observations by its buckets le=\"+Inf\", and 9 by its lines rt_count"},
		"a sum too large":        {"rt_bucket{le=\"0.01\"} 10\nrt_bucket{le=\"+Inf\"} 10\nrt_sum 50\nrt_count 10\n", "rt has the mean 5 by its sum, and its buckets allow 0 to 0.01"},
		"a sum too small":        {"rt_bucket{le=\"1\"} 2\nrt_bucket{le=\"2\"} 8\nrt_bucket{le=\"+Inf\"} 10\nrt_sum 9\n", "rt has the mean 0.9 by its sum, and its buckets allow 1 to +Inf"},
		"bytes":                  {"body_bytes_bucket{le=\"+Inf\"} 7\n", "body_bytes is not a histogram of durations"},
		"NaN":                    {"rt_bucket{le=\"1\"} NaN\nrt_bucket{le=\"+Inf\"} NaN\n", "rt has no observation"},
		"page of no pool":        {`{"version": 1, "pools": []}`, "there are no statistics of a pool"},
		"later page":             {`{"version": 2, "pools": []}`, "the page has version 2"},
		"pool without figures":   {`{"Active": 1, "Acquired": 2}`, "the pool measures nothing: set Config.Histograms"},
	} {
		text, err := Text([]byte(c.text))
		if err == nil {
			kind, _ := KindOf(text)
			_, err = Read(kind, text, nil, &Options{})
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := Read("prometheus", []byte("rt{quantile=\"0.9\"} 1\n"), nil, &Options{}); err == nil || !strings.Contains(err.Error(), "there are summaries, and no histogram") {
		t.Error(err)
	}
}

// Options name the fields of JSON lines, and lines that are not JSON can be left out.
func TestJSONLinesWithOptions(t *testing.T) {
	const text = `{"ts":7,"at":{"t":1764324000},"http":{"took":3,"a.b":4},"duration_ms":9}` + "\nstarted\n" + `{"ts":8,"at":{"t":1764324002},"http":{"took":5,"a.b":6}}` + "\n"
	read := func(o Options) *Data {
		t.Helper()
		o.Skip = true
		d, err := Read("jsonl", []byte(text), nil, &o)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Skipped) != 1 || d.Skipped[0] != 2 {
			t.Errorf("left out %v, want line 2", d.Skipped)
		}
		return d
	}
	d := read(Options{Field: "http.took", Time: "at.t", Unit: "ms"})
	if d.Latency.Mean != 0.004 || len(d.Arrivals.At) != 2 || d.Begin.Unix() != 1764323999 || d.Arrivals.At[1] != 2*time.Second-2*time.Millisecond {
		t.Errorf("%v, %v from %v", d.Latency.Mean, d.Arrivals.At, d.Begin)
	}
	if d := read(Options{Latency: "http.a.b", Unit: "us"}); math.Abs(d.Latency.Mean-5e-6) > 1e-12 {
		t.Errorf("%v", d.Latency.Mean)
	}
	for flag, o := range map[string]Options{"-field": {Field: "x"}, "-time": {Time: "x"}} {
		_, err := Read("jsonl", []byte(text), nil, &o)
		if err == nil || !strings.HasPrefix(err.Error(), flag+": no line has a field \"x\"; there are at.t, duration_ms, http.a.b") {
			t.Error(err)
		}
	}
}

// Of several fields with known names the one that most lines have is chosen.
func TestJSONLinesChooseTheFieldOfMostLines(t *testing.T) {
	const text = `{"latency_ms":1}` + "\n" + `{"took_ms":2}` + "\n" + `{"took_ms":4}` + "\n"
	d, err := Read("jsonl", []byte(text), nil, &Options{})
	if err != nil || d.Latency.Mean != 0.003 || d.Arrivals != nil {
		t.Errorf("%+v, %v", d, err)
	}
}
