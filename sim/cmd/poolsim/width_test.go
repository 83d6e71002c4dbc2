package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func widest(text string) (widest int) {
	for _, line := range strings.Split(text, "\n") {
		widest = max(widest, utf8.RuneCountInString(line))
	}
	return widest
}

func TestHelpFitsATerminal(t *testing.T) {
	texts := map[string]string{"": overview()}
	for _, c := range commands() {
		texts[c.name] = c.help()
	}
	for name, text := range texts {
		for _, line := range strings.Split(text, "\n") {
			if utf8.RuneCountInString(line) > 80 {
				t.Errorf("help %s: %s", name, line)
			}
		}
	}
	run := strings.Join(strings.Fields(texts["run"]), " ")
	for _, want := range []string{"-rate N mean arrivals a second (Poisson)", "(default 200,000 without -duration)", "(default 0)"} {
		if !strings.Contains(run, want) {
			t.Errorf("the help of run has not %q", want)
		}
	}
}

func TestReportsFitTheTerminal(t *testing.T) {
	onlyFigures(t)
	file := filepath.Join(t.TempDir(), "latencies.csv")
	if err := os.WriteFile(file, []byte("latency_ms\n1\n2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for columns, most := range map[string]int{"": 80, "74": 74, "200": 200, "x": 80, "-3": 80} {
		t.Setenv("COLUMNS", columns)
		for _, line := range []string{
			"run" + small + "-max-age 1m -max-idle 5 -idle-timeout 3s -leak 0.1% -close-latency exp:1ms",
			"run -rate 100 -requests 100 -max-active 3 -hold 90ms",
			"sweep" + small + "-seeds 2 -max-active 6:9 -target p99=40ms",
			"advise" + small + "-seeds 2 -target p99=40ms",
			"sweep" + small + "-seeds 2 -max-active 6:9 -hold-mean 2ms,3ms",
		} {
			if r := poolsim("", line); widest(r.out) > most || r.out == "" {
				t.Errorf("COLUMNS=%s poolsim %s: %d columns\n%s%s", columns, line, widest(r.out), r.out, r.err)
			}
		}
	}
	t.Setenv("COLUMNS", "300")
	if out := ok(t, "run -rate 10 -requests 50 -hold csv:"+file); !strings.Contains(out, `latencies.csv: 2 values, mean 1.5ms, p99 2ms (milliseconds, by the heading "latency_ms")`) {
		t.Errorf("it does not say what it has understood:\n%s", out)
	}
}

func TestSweepStopsWhenTheAnswerIsKnown(t *testing.T) {
	onlyFigures(t)
	line := "sweep -rate 1000 -hold exp:3ms -wait -requests 2000 -max-active 5,20,6,30 -target p99=1s -format json "
	for more, want := range map[string]float64{"": 3, "-all": 0, "-svg " + filepath.Join(t.TempDir(), "a.svg"): 0} {
		v := decoded(t, ok(t, line+more))
		left, _ := at(v, "not_run").(float64)
		if n := len(at(v, "points").([]any)); left != want || n != 4-int(want) {
			t.Errorf("%s: %v not run, %d points", more, left, n)
		}
	}
	out := ok(t, strings.Replace(line, "-format json", "", 1))
	if !strings.HasPrefix(out, "max-active 5 is the smallest") || !strings.Contains(out, "3 of 4 points") {
		t.Errorf("the verdict is not first:\n%s", out)
	}
}

func TestNothingArrived(t *testing.T) {
	r := poolsim("", "sweep -rate 2 -duration 1ms -hold 1h -max-active 1:3 -wait -target p99=1ms")
	if r.status != exitViolated {
		t.Errorf("a sweep without requests: status %d\n%s%s", r.status, r.out, r.err)
	}
	r = poolsim("", "run -rate 1e-9 -requests 10 -hold 1ms")
	if r.status != exitViolated || !strings.Contains(r.out, "note: ") {
		t.Errorf("a run without its requests: status %d\n%s%s", r.status, r.out, r.err)
	}
	if out := ok(t, "run -rate 100 -requests 1000 -duration 1s -hold 1ms"); !strings.Contains(out, "of the 1,000 that were asked") {
		t.Errorf("a run that ended early says nothing of it:\n%s", out)
	}
}

func TestRefusalsAreSaid(t *testing.T) {
	if out := ok(t, "sweep -rate 100 -hold exp:50ms -requests 500 -max-active 2:4"); !strings.Contains(out, "note: the pool does not wait") {
		t.Errorf("the sweep does not say that nobody waits:\n%s", out)
	}
}

func TestNoEmptyPicture(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.svg")
	if err := (drawing{&file}).possible(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("there is a file before there is a picture: %v", err)
	}
}
