package sim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestLoadReadsSamples(t *testing.T) {
	const text = "latency (s), count\n# measured at noon\n\n3ms,17\n0.0045\n\"1.5s\",2\n0\n1e-3\n"
	s := &Scenario{Requests: 1, Workload: Workload{Open: &OpenLoop{Poisson: 1}, Hold: Dist{EmpiricalCSV: "a/lat.csv"}}}
	if _, err := Run(s); err == nil || err.Error() != "workload.hold.empirical_csv: a/lat.csv has not been read, see Scenario.Load" {
		t.Errorf("run before it was loaded: %v", err)
	}
	if err := s.Load(fstest.MapFS{"a/lat.csv": {Data: []byte(text)}}); err != nil {
		t.Fatal(err)
	}
	want := Dist{Empirical: []Duration{3 * ms, 4500 * ms / 1000, 1500 * ms, 0, ms}}
	if d := cmp.Diff(want, s.Workload.Hold); d != "" {
		t.Error(d)
	}
	simulate(t, s)
}

func TestLoadReadsTraces(t *testing.T) {
	for text, want := range map[string][]Duration{
		"0.5\n0.5\n2.25,GET\n": {500 * ms, 500 * ms, 2250 * ms},
		"\ufeff0.5\n1\n":       {500 * ms, sec},
		"at\n500ms\n1m\n":      {500 * ms, 60 * sec},
		"2026-01-02T15:04:05Z\n2026-01-02T15:04:06.25Z\n2026-01-02T16:04:07+01:00": {0, 1250 * ms, 2 * sec},
	} {
		s := &Scenario{Workload: Workload{Open: &OpenLoop{TraceCSV: "trace.csv"}}}
		if err := s.Load(fstest.MapFS{"trace.csv": {Data: []byte(text)}}); err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if d := cmp.Diff(want, s.Workload.Open.Trace); d != "" {
			t.Errorf("%q: %s", text, d)
		}
		if r := simulate(t, s); r.Requests != uint64(len(want)) {
			t.Errorf("%q: %d requests", text, r.Requests)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct {
		trace bool
		text  string
		want  string
	}{
		{false, "", `workload.hold.empirical_csv: f.csv: there is no value in it`},
		{false, "latency\n", `workload.hold.empirical_csv: f.csv: there is no value in it`},
		{false, "1ms\n# 2ms\nfast\n", `workload.hold.empirical_csv: f.csv:3: "fast" is not a time: write a duration such as 3ms, or a number of seconds`},
		{false, "latency\nlatency\n", `workload.hold.empirical_csv: f.csv:2: "latency" is not a time`},
		{false, "3 parsecs\n", `workload.hold.empirical_csv: f.csv:1: "3 parsecs" is not a time`},
		{false, "1ms\n-1ms\n", `workload.hold.empirical_csv: f.csv:2: -1ms is negative`},
		{false, "1\n1e30\n", `workload.hold.empirical_csv: f.csv:2: 1e30 is beyond what a run can last`},
		{false, "1\nNaN\n", `workload.hold.empirical_csv: f.csv:2: NaN is not a number`},
		{false, "1\n\"2\n", `workload.hold.empirical_csv: f.csv:`},
		{true, "1\n2\n1.5\n", `workload.open.trace_csv: f.csv:3: 1.5 is before the arrival before it`},
		{true, "1\n2026-01-02T15:04:05Z\n", `workload.open.trace_csv: f.csv:2: 2026-01-02T15:04:05Z is a point in time, the lines before it are not`},
		{true, "2026-01-02T15:04:05Z\n1\n", `workload.open.trace_csv: f.csv:2: 1 is no point in time, as the lines before it are`},
		{true, "2026-01-02T15:04:05Z\n2026-01-02T15:04:04Z\n", `workload.open.trace_csv: f.csv:2: 2026-01-02T15:04:04Z is before the arrival before it`},
	} {
		s := &Scenario{Requests: 1, Workload: Workload{Open: &OpenLoop{Poisson: 1}, Hold: Dist{EmpiricalCSV: "f.csv"}}}
		if c.trace {
			s.Workload = Workload{Open: &OpenLoop{TraceCSV: "f.csv"}}
		}
		err := s.Load(fstest.MapFS{"f.csv": {Data: []byte(c.text)}})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestLoadRefusesNames(t *testing.T) {
	for name, want := range map[string]string{
		"none.csv":   "world.life.empirical_csv: open none.csv: no such file or directory",
		"../up.csv":  "world.life.empirical_csv: ../up.csv: must be in the scenario's directory or below, with slashes",
		"/abs/a.csv": "world.life.empirical_csv: /abs/a.csv: must be in the scenario's directory or below, with slashes",
	} {
		s := &Scenario{Requests: 1, Workload: Workload{Open: &OpenLoop{Poisson: 1}}, World: World{Life: Dist{EmpiricalCSV: name}}}
		if err := s.Load(os.DirFS(t.TempDir())); err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}

func TestParseFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("hold.csv", "1ms\n2ms\n")
	good := write("good.json", `{"requests": 1, "workload": {"open": {"poisson": 1}, "hold": {"empirical_csv": "hold.csv"}}}`)
	s, err := ParseFile(good)
	if err != nil || len(s.Workload.Hold.Empirical) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	bad := write("bad.json", `{"request": 1}`)
	if _, err := ParseFile(bad); err == nil || !strings.HasPrefix(err.Error(), bad+": request: there is no such field") {
		t.Error(err)
	}
	write("hold.csv", "soon\nnow\n")
	if _, err := ParseFile(good); err == nil || !strings.HasPrefix(err.Error(), good+": workload.hold.empirical_csv: hold.csv:2: ") {
		t.Error(err)
	}
	if _, err := ParseFile(filepath.Join(dir, "none.json")); !os.IsNotExist(err) {
		t.Error(err)
	}
}
