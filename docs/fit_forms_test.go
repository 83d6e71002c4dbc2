package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// form is a form of files on the page about poolsim fit: how the page calls it, and an example.
type form struct {
	row, head string
	line      func(at time.Time, i int) string
	flags     string
	want      string // in the output
}

// forms are the rows of the page's table. Each line of an example is a second later than the one
// before.
func forms() []form {
	clf := func(at time.Time) string {
		return `10.0.0.1 - - [` + at.Format("02/Jan/2006:15:04:05 -0700") + `] "GET / HTTP/1.1" 200 612 "-" "curl" `
	}
	haproxy := func(at time.Time, i int) string {
		return fmt.Sprintf(`haproxy[1]: 10.0.1.2:33317 [%s] http-in static/srv1 10/0/30/%d/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"`,
			at.Format("02/Jan/2006:15:04:05.000"), 60+i%10)
	}
	envoy := func(at time.Time, i int) string {
		return fmt.Sprintf(`[%s] "POST / HTTP/2" 204 - 154 0 %d 100 "10.0.35.28" "curl" "id" "locations" "tcp://10.0.2.1:80"`, at.Format("2006-01-02T15:04:05.000Z"), 220+i%10)
	}
	return []form{
		{"an access log", "", func(at time.Time, i int) string { return clf(at) + fmt.Sprintf("0.0%d", 10+i%10) }, "", "an access log"},
		{"an access log", "", func(at time.Time, i int) string { return clf(at) + fmt.Sprint(10_000+i) }, "-unit us", "an access log"},
		{"an access log", "", func(at time.Time, i int) string { return clf(at) + fmt.Sprintf("rt=0.0%d uct=0.001", 10+i%10) }, "-field rt", "an access log"},
		{"HAProxy's log", "", haproxy, "", "HAProxy"},
		{"HAProxy's log", "", haproxy, "-field Tr", "HAProxy"},
		{"Envoy's access log", "", envoy, "", "Envoy"},
		{"Envoy's access log", "", envoy, "-field upstream", "Envoy"},
		{"the access log of an AWS load balancer", "", func(at time.Time, i int) string {
			return fmt.Sprintf(`http %s app/my-lb/50 192.168.131.39:2817 10.0.0.1:80 0.000 0.00%d 0.001 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl" - -`,
				at.Format("2006-01-02T15:04:05.000000Z"), 1+i%9)
		}, "", "load balancer"},
		{"JSON lines", "", func(at time.Time, i int) string {
			return fmt.Sprintf(`{"ts": %q, "latency_ms": %d}`, at.Format(time.RFC3339), 10+i%10)
		}, "", "JSON"},
		{"JSON lines", "", func(at time.Time, i int) string {
			return fmt.Sprintf(`ts=%s level=info duration=%dms`, at.Format(time.RFC3339), 10+i%10)
		}, "", "key=value"},
		{"k6", "metric_name,timestamp,metric_value,check,error,error_code", func(at time.Time, i int) string {
			return fmt.Sprintf("http_req_duration,%d,%d.000000,,,", at.Unix(), 200+i%10)
		}, "", "k6"},
		{"k6", "", func(at time.Time, i int) string {
			return fmt.Sprintf(`{"metric":"db_time","type":"Point","data":{"time":%q,"value":%d,"tags":{}}}`, at.Format(time.RFC3339Nano), 40+i%10)
		}, "-metric db_time", "k6"},
		{"vegeta", "", func(at time.Time, i int) string {
			return fmt.Sprintf("%d,200,%d,0,100,,,,%d,GET,http://x,", at.UnixNano(), 10_000_000+i, i)
		}, "", "vegeta"},
		{"vegeta", "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset", func(_ time.Time, i int) string {
			return fmt.Sprintf("0.008%d,0.0047,0.0042,0.0001,0.0019,0.0001,200,%d.5", i%10, i)
		}, "", "hey"},
		{"vegeta", "timeStamp,elapsed,label,responseCode", func(at time.Time, i int) string { return fmt.Sprintf("%d,%d,GET /,200", at.UnixMilli(), 10+i%10) }, "", "JMeter"},
		{"vegeta", "starttime\tseconds\tctime\tdtime\tttime\twait", func(at time.Time, i int) string {
			return fmt.Sprintf("%s\t%d\t0\t%d\t%d\t2", at.Format(time.ANSIC), at.Unix(), 3+i%5, 3+i%5)
		}, "", "ApacheBench"},
		{"a CSV file", "time,latency_ms", func(at time.Time, i int) string { return fmt.Sprintf("%s,%d", at.Format(time.RFC3339), 10+i%10) }, "", "CSV"},
		{"Prometheus' text with a histogram", `a_seconds_bucket{le="0.1"} 900` + "\n" + `a_seconds_bucket{le="+Inf"} 1000` + "\na_seconds_sum 50", func(time.Time, int) string { return "# more" },
			"-over 5m", "Prometheus"},
	}
}

// poolsim fit reads each form that the page names.
func TestFitReadsTheFormsOfThePage(t *testing.T) {
	page := read(t, "simulator.md")
	begin := time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
	for _, f := range forms() {
		if !strings.Contains(page, "\n| "+f.row) {
			t.Errorf("the page has no row %q", f.row)
		}
		var text strings.Builder
		if f.head != "" {
			text.WriteString(f.head + "\n")
		}
		for i := range 60 {
			text.WriteString(f.line(begin.Add(time.Duration(i)*time.Second), i) + "\n")
		}
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := poolsim(t, append([]string{"fit", file}, strings.Fields(f.flags)...)...).Output()
		if err != nil {
			t.Errorf("%s, %s: %v", f.want, f.flags, err)
			continue
		}
		if head, _, _ := strings.Cut(string(out), "read  "); !strings.Contains(head, f.want) {
			t.Errorf("%s, %s: it is taken for another form:\n%s", f.want, f.flags, head)
		}
	}
}
