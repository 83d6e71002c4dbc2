package fit

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

const logHead = `10.0.0.1 - bob [28/Nov/2026:10:00:0`

// Every kind of file is recognized by its contents, and read.
func TestRead(t *testing.T) {
	const combined = ` +0000] "GET /a?b=\"c\" HTTP/1.1" 200 512 "-" "curl/8 (x)" `
	const prom = "# TYPE rt histogram\nrt_bucket{le=\"0.1\",job=\"a\"} 10\nrt_bucket{le=\"+Inf\",job=\"a\"} 20\nrt_sum{job=\"a\"} 5\nrt_count{job=\"a\"} 20\n"
	for name, c := range map[string]struct {
		text, kind string
		o          Options
		mean       float64 // of latencies, in seconds
		last       time.Duration
		begin      string
		rate       float64
	}{
		"nginx":        {logHead + "1" + combined + "0.500\n" + logHead + "3" + combined + "0.100\n", "log", Options{}, 0.3, 2400 * time.Millisecond, "2026-11-28T10:00:00.5Z", 0},
		"Apache":       {logHead + "1 +0000] \"GET / HTTP/1.0\" 200 - 2000\n", "log", Options{Unit: "us"}, 0.002, 0, "2026-11-28T10:00:00.998Z", 0},
		"named field":  {logHead + "1" + combined + "rt=0.500 uct=\"0.1\"\n", "log", Options{Field: "rt"}, 0.5, 0, "2026-11-28T10:00:00.5Z", 0},
		"quoted":       {logHead + "1" + combined + "\"0.500\"\n", "log", Options{}, 0.5, 0, "2026-11-28T10:00:00.5Z", 0},
		"csv":          {"started,took_ms\n2026-11-28T10:00:02Z,30\n2026-11-28T10:00:00Z,10\n", "csv", Options{Time: "started", Latency: "took_ms"}, 0.02, 2 * time.Second, "2026-11-28T10:00:00Z", 0},
		"csv known":    {"Timestamp;Latency (ms)\n1795860000000;10\n1795860002500;30\n", "csv", Options{}, 0.02, 2500 * time.Millisecond, "2026-11-28T10:00:00Z", 0},
		"csv relative": {"arrival,latency\n0,1ms\n0.25,3ms\n", "csv", Options{}, 0.002, 250 * time.Millisecond, "", 0},
		"prometheus":   {prom, "prometheus", Options{Over: 4 * time.Second}, 0.25, 0, "", 5},
		"stats":        {`{"MaxActive": 7, "Histograms": {"use": {"count": 2, "sum": 400, "buckets": [[100, 1], [300, 1]]}}}`, "stats", Options{Over: time.Second}, 200e-9, 0, "", 2},
	} {
		kind, _ := KindOf([]byte(c.text))
		d, err := Read(kind, []byte(c.text), nil, &c.o)
		if err != nil || kind != c.kind {
			t.Errorf("%s: kind %s, %v", name, kind, err)
			continue
		}
		if math.Abs(d.Latency.Mean/c.mean-1) > 1e-9 || d.Rate != c.rate {
			t.Errorf("%s: a mean of %v and a rate of %v, want %v and %v", name, d.Latency.Mean, d.Rate, c.mean, c.rate)
		}
		if a := d.Arrivals; a != nil && a.At[len(a.At)-1] != c.last || a == nil && c.last > 0 {
			t.Errorf("%s: arrivals %+v, want the last at %v", name, a, c.last)
		}
		if begin := d.Begin.Format(time.RFC3339Nano); c.begin != "" && begin != c.begin {
			t.Errorf("%s: begins at %s, want %s", name, begin, c.begin)
		}
	}
}

// An option without a meaning for a kind of file is an error, which names the kinds that it has a
// meaning for.
func TestReadRefusesOptionsWithoutMeaning(t *testing.T) {
	all := map[string]Options{
		"unit": {Unit: "s"}, "field": {Field: "x"}, "time": {Time: "x"}, "latency": {Latency: "x"},
		"metric": {Metric: "x"}, "over": {Over: time.Second}, "pool": {Pool: "x"}, "skip": {Skip: true},
	}
	for _, f := range formats {
		for flag, o := range all {
			_, err := Read(f.kind, []byte("x"), nil, &o)
			refused := err != nil && strings.Contains(err.Error(), "has no meaning for "+f.name)
			if used := slices.Contains(strings.Fields(f.uses), flag); refused == used {
				t.Errorf("%s with -%s: %v", f.kind, flag, err)
			}
		}
	}
	_, err := Read("csv", []byte("took_ms\n3\n"), nil, &Options{Over: time.Minute})
	if want := "-over: it has no meaning for a CSV file, but for the kinds stats, prometheus: give -rate"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := Read("jsonl", []byte("{}"), nil, &Options{Field: "x", Latency: "y"}); err == nil || err.Error() != "-latency: -field names the latency, too" {
		t.Error(err)
	}
}

// Prometheus' text without a bucket is recognized by its comments.
func TestKindOfPrometheusByItsComments(t *testing.T) {
	for text, want := range map[string]string{
		"# TYPE up gauge\nup{job=\"a\"} 1\n": "prometheus",
		"# HELP rt Time.\nrt {count:3}\n":    "prometheus",
		"# type of road\nup 1\n":             "csv",
	} {
		if kind, _ := KindOf([]byte(text)); kind != want {
			t.Errorf("%q is %s, want %s", text, kind, want)
		}
	}
}

// A decimal comma is fine where the unit is known, and zero needs none.
func TestDecimalCommasWithAUnit(t *testing.T) {
	for text, o := range map[string]Options{
		"took_ms;p\n3,1;/\n": {}, "took;p\n3,1;/\n": {Unit: "ms"}, "took;p\n3,1 ms;/\n": {}, "at;took\n0,5;3,1ms\n": {}, "took;p\n0,0;/\n6,2ms;/\n": {},
	} {
		if d, err := Read("csv", []byte(text), nil, &o); err != nil || math.Abs(d.Latency.Mean-0.0031) > 1e-12 {
			t.Errorf("%q: %+v, %v", text, d, err)
		}
	}
}

// Of two texts, what has happened between them counts.
func TestReadEarlier(t *testing.T) {
	prom := func(low, all, sum string) []byte {
		return []byte("rt_bucket{le=\"1\"} " + low + "\nrt_bucket{le=\"+Inf\"} " + all + "\nrt_sum " + sum + "\n")
	}
	d, err := Read("prometheus", prom("30", "40", "30"), prom("10", "20", "20"), &Options{})
	if err != nil || d.Latency.Count != 20 || d.Latency.Mean != 0.5 || d.Latency.Points[0].Share != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := Read("prometheus", prom("10", "20", "20"), prom("30", "40", "30"), &Options{}); err == nil {
		t.Error("the earlier text has more")
	}
}

// Lines that make no sense are named, or left out if that is asked for.
func TestReadRefuses(t *testing.T) {
	line := logHead + `1 +0000] "GET / HTTP/1.1" 200 512 0.5` + "\n"
	for name, c := range map[string]struct {
		kind, text string
		o          Options
		want       string
	}{
		"no log":         {"log", line + "hello\n", Options{}, "line 2: not a line of an access log"},
		"no time":        {"log", strings.Replace(line, "Nov", "Nix", 1), Options{}, "line 1: \"28/Nix/"},
		"no latency":     {"log", strings.Replace(line, " 0.5", "", 1), Options{}, "line 1: there is no time after the size"},
		"no unit":        {"log", line + strings.Replace(line, " 0.5", " 500", 1), Options{}, "line 2: \"500\" has no unit"},
		"dash":           {"log", strings.Replace(line, " 0.5", " -", 1), Options{}, "line 1: \"-\" is not how long"},
		"negative":       {"log", strings.Replace(line, " 0.5", " -0.5", 1), Options{}, "line 1: \"-0.5\" is negative"},
		"no such field":  {"log", line, Options{Field: "rt"}, "line 1: there is no field rt="},
		"heading":        {"csv", "a,b\n1,2\n", Options{}, "line 1: no heading says what a column is"},
		"column":         {"csv", "a,b\n1,2\n", Options{Latency: "c"}, "-latency: there is no column \"c\""},
		"empty cell":     {"csv", "time,latency\n1,2ms\n\n3,\n", Options{}, "line 4: the column \"latency\" is empty"},
		"mixed times":    {"csv", "time,latency\n1,2ms\n2026-11-28T10:00:00Z,2ms\n", Options{}, "line 3: \"2026-11-28T10:00:00Z\" is not an instant"},
		"whole latency":  {"csv", "time,latency\n1,2\n", Options{}, "line 2: \"2\" has no unit"},
		"quote":          {"csv", "time,latency\n1,\"2\n", Options{}, "line 2: "},
		"decimal comma":  {"csv", "latency;path\n3,1;/\n", Options{}, "line 2: \"3,1\" has a decimal comma and no unit: name the unit"},
		"same latencies": {"csv", "path,took,took\n/,3ms,4ms\n", Options{}, "columns 2 and 3 have the same heading, \"took\": rename one"},
		"same instants":  {"csv", "t;took;t\n1;3ms;4\n", Options{Time: "t"}, "columns 1 and 3 have the same heading, \"t\""},
		"huge latency":   {"csv", "took_hours\n9e14\n", Options{}, "line 2: \"9e14\" is not how long"},
		"no rows":        {"csv", "time,latency\n", Options{}, "there is no row"},
		"empty":          {"csv", "", Options{}, "the file is empty"},
		"no histogram":   {"prometheus", "up 1\n", Options{}, "there is no histogram"},
		"two":            {"prometheus", "a_bucket{le=\"+Inf\"} 1\nb_bucket{le=\"+Inf\"} 1\n", Options{}, "name one with -metric, of a, b"},
		"no infinity":    {"prometheus", "a_bucket{le=\"1\"} 1\n", Options{}, "a has neither a bucket le=\"+Inf\" nor a line a_count"},
		"bad sample":     {"prometheus", "a_bucket{le=\"1\"} 1\na b c\n", Options{}, "line 2: \"a b c\" is not a sample"},
		"bad number":     {"prometheus", "a_bucket{le=\"1\"} x\n", Options{}, "line 1: \"x\" is not a number"},
		"native":         {"prometheus", "a{b=\"c\"} {count:3,sum:2}\n", Options{}, "a is a native histogram, and a classic one is needed, with lines such as a_bucket{le"},
		"native, named":  {"prometheus", "a {count:3,sum:2}\nb_bucket{le=\"+Inf\"} 1\n", Options{Metric: "a"}, "a is a native histogram"},
		"sql.DB":         {"prometheus", "go_sql_wait_count_total{db_name=\"a\"} 1\n", Options{}, "there are the statistics of a sql.DB (go_sql_...)"},
		"bucket twice":   {"prometheus", "a_bucket{le=\"1\"} 1\n\na_bucket{le=\"1\"} 1\n", Options{}, "line 3: a_bucket{le=\"1\"} is there twice, first in line 1"},
		"sum twice":      {"prometheus", "a_sum 1\na_sum 1\n", Options{}, "line 2: a_sum is there twice, first in line 1"},
		"count twice":    {"prometheus", "a_count 1\na_count 1\n", Options{}, "line 2: a_count is there twice, first in line 1"},
		"no observation": {"prometheus", "a_bucket{le=\"+Inf\"} 0\n", Options{}, "a has no observation"},
		"sql.DB, JSON":   {"stats", `{"orders": {"MaxOpenConnections": 3, "WaitCount": 1, "WaitDuration": 5}}`, Options{}, "they are the statistics of a sql.DB, which does not measure"},
		"redigo, JSON":   {"stats", `{"ActiveCount": 3, "IdleCount": 2, "WaitCount": 1, "WaitDuration": 5}`, Options{}, "they are the statistics of a pool of redigo"},
		"native, JSON":   {"stats", `{"status": "success", "data": {"resultType": "vector", "result": [{"histogram": [1, {}]}]}}`, Options{}, "an answer of Prometheus' HTTP API with a native histogram"},
		"prom2json":      {"stats", `[{"name": "a", "help": "b", "type": "HISTOGRAM", "metrics": []}]`, Options{}, "it is metrics of Prometheus as JSON: save the text"},
		"no statistics":  {"stats", "{}", Options{}, "there are no statistics"},
		"kind":           {"x", "", Options{}, "there are k6, vegeta, jsonl, envoy, stats"},
	} {
		if d, err := Read(c.kind, []byte(c.text), nil, &c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v; want %q", name, d, err, c.want)
		}
	}
	d, err := Read("log", []byte(line+"hello\n"+line), nil, &Options{Skip: true})
	if err != nil || len(d.Arrivals.At) != 2 || len(d.Skipped) != 1 || d.Skipped[0] != 2 {
		t.Errorf("with Skip: %+v, %v", d, err)
	}
}
