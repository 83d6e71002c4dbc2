package sim

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// loaded reads a file with samples, or with arrivals.
func loadedFrom(text string, arrivals bool) ([]Duration, *FileRead, error) {
	return readCSVValues(fstest.MapFS{"f.csv": {Data: []byte(text)}}, "f.csv", arrivals)
}

func TestSamplesAsProgramsWriteThem(t *testing.T) {
	want := []Duration{3 * ms, 4200 * ms / 1000, 1500 * ms}
	for name, text := range map[string]string{
		"a mark before a quote":     "\ufeff\"Latency\",\"Path\"\r\n\"3ms\",\"/\"\r\n\"4.2ms\",\"/\"\r\n\"1.5s\",\"/\"\r\n",
		"a mark before a value":     "\ufeff\"3ms\"\n4.2ms\n1.5s\n",
		"a German spreadsheet":      "Dauer (s);Pfad\r\n0,003;/a\r\n0,0042;/b\r\n1,5;/c\r\n",
		"one column of it":          "Dauer [s]\r\n0,003\r\n0,0042\r\n1,5\r\n",
		"quoted decimal commas":     "\"t_s\",\"p\"\n\"0,003\",\"/\"\n\"0,0042\",\"/\"\n\"1,5\",\"/\"\n",
		"thousands and commas":      "latency_us;p\n3.000,0;a\n4200;b\n1.500.000;c\n",
		"thousands, American":       "latency_us,p\n\"3,000.0\",a\n\"4,200.0\",b\n\"1,500,000.0\",c\n",
		"milliseconds":              "latency_ms\n3\n4.2\n1500\n",
		"milliseconds in brackets":  "Latency [ms]\n3\n4.2\n1500\n",
		"milliseconds in parens":    "latency (ms)\n3\n4.2\n1500\n",
		"milliseconds, camel":       "latencyMs\n3\n4.2\n1500\n",
		"commas in milliseconds":    "Dauer (ms);Pfad\n3,0;/\n4,2;/\n1500;/\n",
		"microseconds":              "latency_us\n3000\n4200\n1.5e6\n",
		"a Greek mu":                "latency_μs\n3000\n4200\n1500000\n",
		"a micro sign":              "latency [µs]\n3000\n4200\n1500000\n",
		"a micro sign in Latin-1":   "latency [\xb5s]\n3000\n4200\n1500000\n",
		"nanoseconds":               "duration_ns\n3000000\n4200000\n1500000000\n",
		"seconds":                   "duration_seconds\n0.003\n0.0042\n1.5\n",
		"units in the cells":        "latency\n3 ms\n4200 µs\n1.5s\n",
		"units and a heading":       "latency_s\n3ms\n0.0042\n1.5\n",
		"empty rows of a sheet":     "Latency,Path\n3ms,/\n,\n4.2ms,/\n,\n\n1.5s,/\n,,,\n",
		"a column without a name":   "latency_ms,\n3,/\n4.2,/\n1500,/\n",
		"separators at the end":     "latency_ms,\n3,\n4.2,\n1500,\n",
		"tabs":                      "latency_ms\tpath\n3\t/a,b;c\n4.2\t/\n1500\t/\n",
		"old lines":                 "latency_ms\r3\r4.2\r1500\r",
		"a separator that is named": "sep=;\r\nlatency_ms;path\r\n3;/\r\n4,2;/\r\n1500;/\r\n",
	} {
		got, _, err := loadedFrom(text, false)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got): %s", name, d)
		}
	}
}

func TestArrivalsAsProgramsWriteThem(t *testing.T) {
	want := []Duration{0, 250 * ms, 2 * sec}
	for name, text := range map[string]string{
		"seconds":        "1700000000\n1700000000.25\n1700000002\n",
		"milliseconds":   "1700000000123\n1700000000373\n1700000002123\n",
		"microseconds":   "1700000000123456\n1700000000373456\n1700000002123456\n",
		"nanoseconds":    "1700000000123456789\n1700000000373456789\n1700000002123456789\n",
		"a heading":      "ts_ms,path\n1700000000123,/\n1700000000373,/\n1700000002123,/\n",
		"decimal commas": "Zeit;Pfad\n1700000000,5;/\n1700000000,75;/\n1700000002,5;/\n",
		"a blank":        "2026-01-02 15:04:05Z\n2026-01-02 15:04:05.25Z\n2026-01-02 15:04:07Z\n",
		"no zone":        "\ufeff\"2026-01-02 15:04:05\"\n2026-01-02T15:04:05.25\n2026-01-02 15:04:07\n",
		"two zones":      "2026-01-02T15:04:05Z\n2026-01-02T16:04:05.25+01:00\n2026-01-02T15:04:07Z\n",
		"since begin":    "at_ms\n0\n250\n2000\n",
		"with latencies": "time,latency_ms\n1700000000,3\n1700000000.25,4\n1700000002,5\n",
	} {
		got, read, err := loadedFrom(text, true)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got): %s", name, d)
		} else if read.Begin.IsZero() != (name == "since begin") || read.Mean != sec || read.Max != 1750*ms {
			t.Errorf("%s: %+v", name, read)
		}
	}
}

func TestColumnsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"3ms\n4\n":                            "f.csv:2: 4 has no unit and 3ms has one",
		"latency\n0\n3\n4ms\n":                "f.csv:4: 3 has no unit and 4ms has one",
		"latency_ms_per_s\n3\n":               `f.csv: the heading "latency_ms_per_s" names two units`,
		"latency_ms\n0\n0\n0.0\n":             "f.csv: all 3 values are 0",
		"latency_ms\n3\n-1\n":                 "f.csv:3: -1 is negative",
		"latency_ms\n3\nNaN\n":                "f.csv:3: NaN is not a number",
		"NaN\n3\n":                            "f.csv:1: NaN is not a number",
		"latency_ms\n3\nn/a\n":                `f.csv:3: "n/a" is not a time`,
		"latency,path\n3ms,/\n,/b\n":          "f.csv:3: the first column is empty",
		"latency_min\n2.5\n":                  `f.csv:2: the unit of 2.5 is not clear, since min in the heading "latency_min" is minutes or the least`,
		"latencyMin\n0\n3\n":                  `f.csv:3: the unit of 3 is not clear`,
		"path,latency\n/a,3ms\n":              `f.csv:2: "/a" is not a time`,
		"t;p\n0,5;a\n0.5;b\n":                 "f.csv:3: 0,5 has a decimal comma and 0.5 a decimal point",
		"t,p\n\"1,234\",a\n":                  `f.csv:2: "1,234" has a decimal comma, or one between thousands`,
		"id,latency_ms\n1,3\n2,4\n":           `f.csv: the first column is used, and its heading "id" names no unit, while "latency_ms" names one`,
		"ts;path;lat (us)\n1;/;3,5\n":         `f.csv: the first column is used, and its heading "ts" names no unit, while "lat (us)" names one`,
		"t_ms,p,t_ms\n1,/,2\n":                `f.csv:1: columns 1 and 3 have the same heading, "t_ms": rename one`,
		"3,200\n4,200\n":                      "f.csv:1: 3,200 is two columns, or a number with a decimal comma",
		"latency_ms\n3\n1,234.5\n":            "f.csv:3: the row has 2 fields, and the heading 1: quote a field",
		"latency_ms\n1.234,5\n":               "f.csv:2: the row has 2 fields, and the heading 1",
		"latency_ms\tpath\n1\t3\t/\n":         "f.csv:2: the row has 3 fields, and the heading 2",
		"1700000000\n1700000001\n":            "f.csv:1: 1700000000 is more than three years",
		"\xff\xfe3\x00m\x00s\x00\r\x00\n\x00": "f.csv: the text is in UTF-16: save it as UTF-8",
		"3\x00m\x00s\x00":                     "f.csv: the text is in UTF-16",
	} {
		got, _, err := loadedFrom(text, false)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"1700000000\n1700000000123\n": "f.csv:2: 1700000000123 is not in seconds since 1970",
		"1700000002\n1700000001\n":    "f.csv:2: 1700000001 is before the arrival before it",
		"1700000002\nsoon\n":          `f.csv:2: "soon" is no point in time in seconds since 1970`,
		"0\n0\n":                      "f.csv: all 2 values are 0",
	} {
		got, _, err := loadedFrom(text, true)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
}

func TestLoadSaysWhatItHasUnderstood(t *testing.T) {
	s := &Scenario{Workload: Workload{Open: &OpenLoop{TraceCSV: "t.csv"}, Hold: Dist{EmpiricalCSV: "h.csv"}}}
	read, err := s.LoadFiles(fstest.MapFS{
		"h.csv": {Data: []byte("latency_ms\n1\n2\n6\n")},
		"t.csv": {Data: []byte("1700000000\n1700000001\n1700000003\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []FileRead{
		{Field: "workload.hold", File: "h.csv", Unit: `milliseconds, by the heading "latency_ms"`, Count: 3, Columns: 1, Mean: 3 * ms, P99: 6 * ms, Max: 6 * ms},
		{Field: "workload.open", File: "t.csv", Unit: "seconds since 1970", Count: 3, Columns: 1, Mean: 1500 * ms, P99: 2 * sec, Max: 2 * sec,
			Arrivals: true, Begin: time.Unix(1700000000, 0).UTC()},
	}
	if d := cmp.Diff(want, read); d != "" {
		t.Error(d)
	}
	for text, unit := range map[string]string{
		"1\n2\n":     "seconds, since there is no heading with a unit",
		"t\n1\n":     `seconds, since the heading "t" names no unit`,
		"t\n1ms\n":   "units of the values",
		"t_us\n12\n": `microseconds, by the heading "t_us"`,
	} {
		if _, read, err := loadedFrom(text, false); err != nil || read.Unit != unit {
			t.Errorf("%q: %+v, %v", text, read, err)
		}
	}
}

// A column that is not used is said to be there, also without a heading.
func TestLoadCountsColumns(t *testing.T) {
	for text, want := range map[string]int{
		"1\n2\n":                   1,
		"1;2\n3;4\n":               2,
		"1;2\n3;4;5;;\n":           3,
		"t_ms\n0,5\n0,75\n":        1, // decimal commas
		"t_us,a,b,c\n12,x\n13,y\n": 4,
	} {
		if _, read, err := loadedFrom(text, false); err != nil || read.Columns != want {
			t.Errorf("%q: %+v, %v, want %d columns", text, read, err, want)
		}
	}
}

// Nobody who writes "0,0031" is known to mean seconds.
func TestDecimalCommasNeedAUnit(t *testing.T) {
	for name, text := range map[string]string{
		"a heading":  "Dauer;Pfad\r\n0,0031;/a\r\n0,0042;/b\r\n",
		"no heading": "0,003\n0,0042\n1,5\n",
		"quoted":     "\"t\",\"p\"\n\"0,003\",\"/\"\n",
	} {
		if got, _, err := loadedFrom(text, false); err == nil || !strings.Contains(err.Error(), "name the unit in the heading") {
			t.Errorf("%s: read as %v, error %v", name, got, err)
		}
	}
}
