package main

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const small = " -rate 2000 -hold exp:3ms -max-active 8 -wait -requests 2000 -open-latency 20ms -restart 300ms -seed 7 "

// golden are commands in virtual time, whose output must not change by itself.
//
//	go test ./sim/cmd/poolsim -update
//
// rewrites them; read them before you believe them.
func golden() map[string]string {
	return map[string]string{
		"run.txt":            "run" + small,
		"run.json":           "run -format json -timing=false" + small,
		"scenario.json":      "run -print" + small,
		"closed.txt":         "run -clients 20 -think exp:5ms -hold lognormal:2ms,0.8 -max-active 10 -requests 2000 -discard 1%",
		"sweep.txt":          "sweep" + small + "-seeds 3 -max-active 6:12:2 -target p99=25ms",
		"sweep.json":         "sweep" + small + "-seeds 2 -max-active 8,10 -target refused=1% -format json -timing=false",
		"sweep2.txt":         "sweep" + small + "-seeds 3 -max-active 8:10 -hold-mean 2ms,3ms -target p99=60ms",
		"fleet.txt":          "run" + small + "-instances 4 -max-connections 28 -deploy-at 200ms -deploy-every 150ms -deploy-down 50ms",
		"advise.txt":         "advise" + small + "-seeds 3 -max-idle 2 -target p99=25ms",
		"advise.json":        "advise" + small + "-seeds 2 -target refused=1% -format json -timing=false",
		"trace.txt":          "trace" + small + "-requests 12",
		"trace.json":         "trace" + small + "-requests 3 -format json",
		"trace-of-fleet.txt": "trace" + small + "-requests 5 -max-idle 2 -instances 3 -deploy-at 2ms -deploy-every 3ms -deploy-down 2ms -instance 1",
		"trace-of-keys.txt":  "trace" + small + "-requests 8 -keys 3 -skew 1 -keys-max-active 1 -close-latency 1ms",
		"trace-of-key.json":  "trace" + small + "-requests 8 -keys 3 -skew 1 -keys-max-active 1 -key 1 -format json",
		"story.txt":          "trace" + small + "-requests 3 -story -min-idle 2",
		"keys.txt":           "run -clients 64 -think exp:1ms -hold exp:3ms -max-active 8 -wait -requests 20000 -keys 200 -skew 1.1 -keys-max-active 32 -open-latency 2ms",
	}
}

func TestGolden(t *testing.T) {
	update := flag.Lookup("update").Value.String() == "true"
	for name, line := range golden() {
		t.Run(name, func(t *testing.T) {
			got := ok(t, line)
			file := filepath.Join("testdata", name)
			if update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("poolsim %s (-want +got):\n%s", line, diff)
			}
		})
	}
}

// TestSameBytes runs every command in virtual time, pictures included, with one
// processor and with two.
func TestSameBytes(t *testing.T) {
	pictures := func(dir string) map[string]string {
		return map[string]string{
			filepath.Join(dir, "run.svg"):    "run" + small + "-svg ",
			filepath.Join(dir, "sweep.svg"):  "sweep" + small + "-seeds 2 -max-active 6:9 -target p99=9ms -svg ",
			filepath.Join(dir, "sweep2.svg"): "sweep" + small + "-seeds 2 -max-active 6:9 -hold-mean 2ms,3ms -target p99=9ms -svg ",
		}
	}
	all := func(processors int) []byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		var b bytes.Buffer
		lines := golden()
		lines["check.txt"], lines["check.json"] = "check -first 0 -seeds 20", "check -first 0 -seeds 20 -format json -timing=false"
		for _, name := range sorted(lines) {
			b.WriteString(ok(t, lines[name]))
		}
		drawn := pictures(t.TempDir())
		for _, file := range sorted(drawn) {
			poolsim("", drawn[file]+file)
			svg, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, drawn[file], svg)
			b.Write(svg)
		}
		return b.Bytes()
	}
	one, two := all(1), all(2)
	if !bytes.Equal(one, two) {
		t.Errorf("(-one processor +two):\n%s", cmp.Diff(string(one), string(two)))
	}
}

func wellFormed(t *testing.T, line string, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("poolsim %s: %v", line, err)
		}
	}
}
