package fit

import (
	"math"
	"strings"
	"testing"
	"time"
)

// toolFile is a file as a proxy or a load tool writes it, and what it says.
type toolFile struct {
	text, kind string
	o          Options
	mean       float64       // of latencies, in seconds
	last       time.Duration // arrival, after the first
	begin      string
	note       string
}

const (
	haproxy = `Feb  6 12:14:14 lb haproxy[14389]: 10.0.1.2:33317 [06/Feb/2026:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"
Feb  6 12:14:15 lb haproxy[14389]: 10.0.1.2:33318 [06/Feb/2026:12:14:15.155] http-in static/srv1 0/0/1/20/+21 200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"
Feb  6 12:14:16 lb haproxy[14389]: 10.0.1.2:33319 [06/Feb/2026:12:14:16.000] http-in http-in/<NOSRV> -1/-1/-1/-1/-1 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"
`
	haproxyTCP = `haproxy[14387]: 10.0.1.2:33313 [06/Feb/2026:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0` + "\n"
	envoy      = `[2026-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80"
[2026-04-15T20:17:01.310Z] "GET /b HTTP/1.1" 503 UH 0 19 24 - "-" "curl/8" "cc21d9b0" "locations" "-"
`
	istio = `[2026-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 1 "-" "curl/7.73.0-DEV" "84961386-6d84" "httpbin:8000" "10.44.1.27:80" outbound|8000||httpbin.foo.svc.cluster.local 10.44.1.23:37652 10.0.45.184:8000 10.44.1.23:46520 - default` + "\n"
	alb   = `http 2026-07-02T22:23:00.186641Z app/my-lb/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.001 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:x "Root=1-5" "-" "-" 0 2026-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"
https 2026-07-02T22:23:01.186641Z app/my-lb/50dc6c495c0c9188 192.168.131.39:2817 - -1 -1 -1 502 - 34 366 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" - - arn:aws:x
h2 2026-07-02T22:23:02.188641Z app/my-lb/50dc6c495c0c9188 10.0.1.252:48160 10.0.0.66:9000 0.001 0.002 0.001 200 200 5 257 "GET https://10.0.2.105:773/ HTTP/2.0" "curl/7.46.0" - -
`
	elb    = `2026-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -` + "\n"
	logfmt = `ts=2026-11-28T10:00:00.250Z level=info msg="GET /a b" duration=250ms status=200
ts=2026-11-28T10:00:00.300Z level=debug msg=idle
ts=2026-11-28T10:00:01.500Z level=info msg="say \"x\"" duration=500ms status=200
`
	k6JSON = `{"type":"Metric","data":{"name":"http_req_duration","type":"trend","contains":"time","thresholds":[],"submetrics":null},"metric":"http_req_duration"}
{"metric":"http_reqs","type":"Point","data":{"time":"2026-05-09T14:34:45.239531499+02:00","value":1,"tags":{"status":"200"}}}
{"metric":"http_req_duration","type":"Point","data":{"time":"2026-05-09T14:34:45.250+02:00","value":50.5,"tags":{"status":"200"}}}
{"metric":"http_req_waiting","type":"Point","data":{"time":"2026-05-09T14:34:45.250+02:00","value":10,"tags":{"status":"200"}}}
{"metric":"http_req_duration","type":"Point","data":{"time":"2026-05-09T14:34:46.250+02:00","value":49.5,"tags":{"status":"200"}}}
`
	k6CSV = "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata\n" +
		"http_reqs,1595325560,1.000000,,,,true,,GET,http://x,HTTP/1.1,default,,200,,,http://x,,\n" +
		"http_req_duration,1595325560,221.899000,,,,true,,GET,http://x,HTTP/1.1,default,,200,,,http://x,,\n" +
		"http_req_duration,1595325562,178.101000,,,,true,,GET,http://x,HTTP/1.1,default,,200,,,http://x,,\n"
	hey        = "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n0.0087,0.0047,0.0042,0.0001,0.0019,0.0001,200,0.0016\n0.0013,0.0000,0.0000,0.0000,0.0012,0.0001,200,0.5016\n"
	vegetaCSV  = "1500000000000000123,200,10000000,0,100,,,,0,GET,http://x,\n1500000000500000123,200,20000000,0,100,\"a, b\",,,1,GET,http://x,\n"
	vegetaJSON = `{"attack":"","seq":0,"code":200,"timestamp":"2026-07-14T04:40:00.000000123+02:00","latency":10000000,"bytes_out":0,"bytes_in":2,"error":"","body":"e30=","method":"GET","url":"http://x","headers":null}` + "\n"
	jtl        = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n" +
		"1795860000123,30,GET /,200,OK,Thread Group 1-1,text,true,,1591,115,1,1,http://x/,29,0,5\n1795860001123,10,\"a, b\",200,OK,Thread Group 1-1,text,true,,1591,115,1,1,http://x/,9,0,0\n"
	ab    = "starttime\tseconds\tctime\tdtime\tttime\twait\nSat Nov 28 10:00:00 2026\t1795860000\t0\t3\t3\t2\nSat Nov 28 10:00:01 2026\t1795860001\t0\t5\t5\t2\n"
	nginx = `10.0.0.1 - - [28/Nov/2026:10:00:02 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" `
)

// toolFiles is files by the names of their programs.
var toolFiles = map[string]toolFile{
	"HAProxy":                    {haproxy, "haproxy", Options{}, 0.065, 500 * time.Millisecond, "2026-02-06T12:14:14.655Z", "1 of 3 lines are no requests"},
	"HAProxy, the server's part": {haproxy, "haproxy", Options{Field: "Tr"}, 0.0445, 500 * time.Millisecond, "2026-02-06T12:14:14.655Z", "the timer Tr is"},
	"HAProxy, TCP":               {haproxyTCP, "haproxy", Options{}, 5.007, 0, "2026-02-06T12:12:51.443Z", "taken for UTC"},
	"Envoy":                      {envoy, "envoy", Options{}, 0.125, time.Second, "2026-04-15T20:17:00.31Z", "the duration"},
	"Envoy, the upstream's time": {envoy, "envoy", Options{Field: "upstream"}, 0.1, 0, "2026-04-15T20:17:00.31Z", "1 of 2 lines"},
	"Istio":                      {istio, "envoy", Options{}, 0.004, 0, "2026-11-25T21:26:18.409Z", ""},
	"ALB":                        {alb, "alb", Options{}, 0.003, 2 * time.Second, "2026-07-02T22:23:00.184641Z", "1 of 3 lines"},
	"Classic Load Balancer":      {elb, "alb", Options{}, 0.001178, 0, "2026-05-13T23:39:43.945958Z", ""},
	"logfmt":                     {logfmt, "logfmt", Options{}, 0.375, time.Second, "2026-11-28T10:00:00Z", `1 of 3 lines have no field "duration"`},
	"logfmt, another field":      {"at=info took=7 status=200 ts=1764324000\n", "logfmt", Options{Unit: "ms"}, 0.007, 0, "", ""},
	"k6, JSON":                   {k6JSON, "k6", Options{}, 0.05, 1001 * time.Millisecond, "2026-05-09T12:34:45.1995Z", "the metric http_req_duration"},
	"k6, another metric":         {k6JSON, "k6", Options{Metric: "http_req_waiting"}, 0.01, 0, "2026-05-09T12:34:45.24Z", "the metric http_req_waiting"},
	"k6, CSV":                    {k6CSV, "k6", Options{}, 0.2, 2043798 * time.Microsecond, "2020-07-21T09:59:19.778101Z", "1 of 3 rows are not of http_req_duration"},
	"hey":                        {hey, "hey", Options{}, 0.005, 500 * time.Millisecond, "", "hey has both in seconds"},
	"vegeta, CSV":                {vegetaCSV, "vegeta", Options{}, 0.015, 500 * time.Millisecond, "2017-07-14T02:40:00.000000123Z", "nanoseconds"},
	"vegeta, JSON":               {vegetaJSON, "vegeta", Options{}, 0.01, 0, "2026-07-14T02:40:00.000000123Z", "nanoseconds"},
	"JMeter":                     {jtl, "jtl", Options{}, 0.02, time.Second, "2026-11-28T10:00:00.123Z", "milliseconds"},
	"ApacheBench":                {ab, "ab", Options{}, 0.004, time.Second, "2026-11-28T10:00:00Z", "whole seconds"},
	"nginx, both times":          {nginx + "0.500 0.300\n", "log", Options{}, 0.3, 0, "2026-11-28T10:00:01.7Z", "the last field of a line"},
	"nginx, both times, named":   {nginx + `rt=0.500 urt="0.300"` + "\n", "log", Options{Field: "rt"}, 0.5, 0, "2026-11-28T10:00:01.5Z", "the field rt="},
	"nginx, two upstreams":       {nginx + `rt=0.500 urt="0.100, 0.200"` + "\n", "log", Options{}, 0.3, 0, "", "the field urt="},
	"nginx, upstream groups":     {nginx + "0.100, 0.200 : 0.300\n", "log", Options{}, 0.6, 0, "", ""},
	"nginx, one failed":          {nginx + `"-, 0.200"` + "\n" + nginx + "0.200\n", "log", Options{}, 0.2, 0, "", ""},
	"nginx, without upstream":    {nginx + "0.001 -\n" + nginx + "0.5 0.300\n", "log", Options{}, 0.3, 0, "", "1 of 2 lines have -"},
	"CSV in minutes":             {"time,latency_minutes\n1,2\n", "csv", Options{}, 120, 0, "", ""},
}

// The files of proxies and load tools are recognized, and read with the units that they have.
func TestFilesOfTools(t *testing.T) {
	for name, c := range toolFiles {
		text, err := Text([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		kind, _ := KindOf(text)
		d, err := Read(kind, text, nil, &c.o)
		if err != nil || kind != c.kind {
			t.Errorf("%s: kind %s, %v", name, kind, err)
			continue
		}
		if math.Abs(d.Latency.Mean/c.mean-1) > 1e-9 || !strings.Contains(strings.Join(d.Notes, "; "), c.note) {
			t.Errorf("%s: a mean of %v, want %v; notes %q", name, d.Latency.Mean, c.mean, d.Notes)
		}
		if at := d.Arrivals.At; at[len(at)-1] != c.last {
			t.Errorf("%s: the last arrives after %v, want %v", name, at[len(at)-1], c.last)
		}
		if begin := d.Begin.Format(time.RFC3339Nano); c.begin != "" && begin != c.begin {
			t.Errorf("%s: begins at %s, want %s", name, begin, c.begin)
		}
		if again, _ := KindOf([]byte("\n# a comment\n" + c.text)); again != kind && kind != "jsonl" {
			t.Errorf("%s: with a comment before it the kind is %s", name, again)
		}
	}
}

// A line that is not of the program names itself, or is left out.
func TestFilesOfToolsWithABadLine(t *testing.T) {
	for name, c := range toolFiles {
		if strings.HasPrefix(c.kind, "csv") || strings.Contains(name, "upstream") || strings.Contains(name, "failed") {
			continue
		}
		bad := strings.TrimSuffix(c.text, "\n") + "\n=;x\"\n"
		if _, err := Read(c.kind, []byte(bad), nil, &c.o); err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"HAProxy", "Envoy", "ALB", "logfmt", "k6, JSON", "vegeta, JSON"} {
		c := toolFiles[name]
		c.o.Skip = true
		if d, err := Read(c.kind, []byte(c.text+"=;x\n"), nil, &c.o); err != nil || len(d.Skipped) != 1 {
			t.Errorf("%s with Skip: %+v, %v", name, d, err)
		}
	}
}

// A file without single requests says so, and what has them.
func TestSummariesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"Running 30s test @ http://127.0.0.1:8080\n  2 threads and 10 connections\n  Thread Stats   Avg      Stdev     Max   +/- Stdev\n": "a summary of wrk: ",
		"Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time\nGET,/,100,0,3,4\n":                             "a summary of locust: ",
		"Timestamp,User Count,Type,Name,Requests/s\n1,2,,Aggregated,3\n":                                                                  "a summary of locust: ",
		"Type     Name          # reqs      # fails |    Avg     Min     Max    Med\n":                                                    "a summary of locust: ",
		"This is ApacheBench, Version 2.3\n":                                                                                              "ab -g FILE",
		"Percentage served,Time in ms\n0,1.5\n":                                                                                           "a summary of ApacheBench",
		"\nSummary:\n  Total:\t1.0 secs\n  Slowest:\t0.1 secs\n":                                                                          "hey -o csv",
		"Requests      [total, rate, throughput]         1200, 120.00, 65.87\n":                                                           "vegeta encode",
		`{"latencies":{"total":1,"mean":2},"bytes_in":{},"throughput":3}`:                                                                 "vegeta encode",
		"Label,# Samples,Average,Median\nGET,1,2,3\n":                                                                                     "the .jtl file",
		"\n     checks.....: 100%\n     http_req_duration..............: avg=1ms\n":                                                       "k6 run --out csv=FILE",
		`{"metrics":{"http_req_duration":{"avg":1.5,"min":1,"p(95)":2}}}`:                                                                 "k6 run --out csv=FILE",
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{}}]}}`:                                                    "an answer of Prometheus' HTTP API",
		"time,latency_min\n1,2.5\n":                                                                                                       `the unit of "latency_min" is not clear`,
	} {
		kind, _ := KindOf([]byte(text))
		if d, err := Read(kind, []byte(text), nil, &Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q as %s: %+v, %v; want %q", text, kind, d, err, want)
		}
	}
	if _, err := Read("jsonl", []byte(`{"ts":1,"duration_min":2.5}`), nil, &Options{Field: "duration_min"}); err == nil || !strings.Contains(err.Error(), "is not clear") {
		t.Error(err)
	}
}
