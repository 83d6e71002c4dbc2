package docs_test

import (
	"os"
	"strings"
	"testing"
)

// The pages of the simulator show what its commands print.
func TestOutputs(t *testing.T) {
	var pages strings.Builder
	for _, name := range []string{"simulator.md", "sizing.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages.Write(page)
	}
	for file, command := range map[string]string{
		"best.txt":   "go run ./sim/cmd/poolsim sweep -rate 1200 -hold exp:2ms -workers 4 -service exp:2.5ms -contention 3% -wait -max-active 6:24:2 -requests 50000",
		"run.txt":    "go run ./sim/cmd/poolsim run -rate 2000 -hold exp:3ms -max-active 10 -wait",
		"advise.txt": "go run ./sim/cmd/poolsim advise -rate 2000 -hold exp:3ms -max-active 6 -wait -target p99=5ms",
		"trace.txt":  "go run ./sim/cmd/poolsim trace -rate 500 -hold exp:3ms -max-active 1 -wait -requests 2",
	} {
		want, err := os.ReadFile("outputs/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(pages.String(), "    "+command+"\n") {
			t.Errorf("the page has not %q", command)
		}
		got, err := poolsimOf(t, command).Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		if !strings.HasPrefix(string(got), string(want)) {
			t.Errorf("%s prints\n%s\nand %s has\n%s", command, got, file, want)
		}
	}
}

// The commands for overload on the page of sizing print the figures that the page quotes.
func TestSizingOverload(t *testing.T) {
	const (
		over  = "-rate 5000 -hold exp:3ms -wait -max-active 10 -duration 60s "
		storm = "-rate 2500 -hold exp:3ms -wait -max-active 10 -duration 40s -timeout 25ms -retries 3 -open-latency 15ms -slow 10s+1s*5 "
	)
	quotedOn(t, "sizing.md", map[string][2][]string{
		over:                       {{"29.8s"}, {"29.8 s"}},
		over + "-shed-target 20ms": {{"200,112", "33.4 %", "20ms"}, {"200,112", "33.4 %", "20 ms"}},
		storm:                      {{"25.1 %", "300,086"}, {"25.1 %", "300,086"}},
		storm + "-shed-target 4ms -shed-interval 40ms": {{"97.5 %", "7,774"}, {"97.5 %", "7,774"}},
	})
}

// The commands for the restart on the page of sizing print the figures that the page quotes.
func TestSizingRestart(t *testing.T) {
	const restart = "-rate 2000 -hold exp:3ms -wait -open-latency lognormal:2ms,0.5 -outage 10s+1s -duration 20s "
	quotedOn(t, "sizing.md", map[string][2][]string{
		restart + "-max-active 9 -max-idle 9":                                                      {{"1,997", "2.87ms", "16"}, {"1,997 of 40,003", "2.87 ms", "instead of 16"}},
		restart + "-max-active 9 -max-idle 9 -fail-latency 1s -dead-latency 1s":                    {{"2,001", "924ms"}, {"2,001 requests", "is 924 ms"}},
		restart + "-max-active 9 -max-idle 9 -fail-latency 1s -dead-latency 500ms":                 {{"2,995", "1.42s"}, {"2,995 wait", "1.42 s"}},
		restart + "-max-active 9 -max-idle 9 -fail-latency 1s":                                     {{"1,999", "923ms"}, {"1,999\n  wait", "923 ms"}},
		restart + "-max-active 12 -max-idle 12 -fail-latency 1s -dead-latency 1s":                  {{"1,998", "891ms"}, {"1,998 wait", "891 ms"}},
		restart + "-max-active 9 -max-idle 9 -fail-latency 1s -dead-latency 1s -wait-timeout 50ms": {{"129", "4.6ms", "1,898"}, {"129 wait", "4.6 ms", "1,898 requests"}},
	})
}

// quotedOn runs poolsim with flags. Its output and the page must have the texts.
func quotedOn(t *testing.T, name string, all map[string][2][]string) {
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for flags, quoted := range all {
		out, err := poolsim(t, append([]string{"run"}, strings.Fields(flags)...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range []string{string(out), string(page)} {
			for _, want := range quoted[i] {
				if !strings.Contains(text, want) {
					t.Errorf("%s: there is no %q in the %s", flags, want, [...]string{"output", "page"}[i])
				}
			}
		}
	}
}
