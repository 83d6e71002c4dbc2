package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestBadUsage wants status 2, one line, and the flag or field in it.
func TestBadUsage(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere", "file")
	for line, want := range map[string]string{
		"bogus":                                `no command "bogus"`,
		"help bogus":                           `no command "bogus"`,
		"run":                                  "-rate, or -clients, or a scenario file",
		"run -foo":                             "-foo: there is no such flag; see poolsim help run",
		"run -rate 5 -holdd 3ms":               "-holdd: there is no such flag; did you mean -hold? (poolsim help run)",
		"run -rate 5 -hold 3 ms":               `"ms" is not a scenario file; write the number and its unit without a space, such as -hold 3ms`,
		"run s.json -rate 5 -wait-timeout 3 s": `"s" is a unit by itself`,
		"run -rate 0":                          "-rate: must be above 0",
		"run -constant 0":                      "-constant: must be above 0",
		"runn":                                 "did you mean run?",
		"help chek":                            "did you mean check?",
		"sweep -rate 5 -max-active 2:4 -target p9=5ms": `there is no "p9"; did you mean p90?`,
		"run scenario":                                             `"scenario" is not a scenario file`,
		"check testdata/scenario.json -for 1ns":                    "-for: 1ns was over before a seed was done: nothing was checked",
		"run -rate":                                                "-rate: its value is missing",
		"run -rate x":                                              `-rate: "x" is not a number`,
		"run -rate -5":                                             "-rate: -5 is not above 0",
		"run -rate 5 -keys 2 -skew NaN":                            `-skew: "NaN" is not a number`,
		"run -rate 5 -min-idle 2000000000":                         "-min-idle: 2000000000 is above 1000000, the most that a simulation has",
		"run -rate 5 -leases 2000000000":                           "-leases: 2000000000 is above 1000",
		"run -clients 2000000000":                                  "-clients: 2000000000 is above 1000000",
		"run -rate 5 -retries 2000000000":                          "-retries: 2000000000 is above 1000000",
		"run -rate 2k":                                             `-rate: "2k" is not a number: write arrivals a second, such as 2000`,
		"run -rate 5 -hold exp":                                    `-hold: "exp" names a distribution without its values: write exp:3ms`,
		"run -rate 5 -service 1ms":                                 "-service: it needs -workers",
		"run -rate 5 -retry-budget 10%":                            "-retry-budget: it needs -retries",
		"run -rate 5 -max-active 2 -wait -shed-interval 1s":        "-shed-interval: it needs -shed-target",
		"run -rate 5 -test-idle-every 5s":                          "-test-idle-every: it needs -test",
		"run -rate 5 -deploy-at 5s":                                "-deploy-at: there are no -instances",
		"run -rate 5 -scale-every 5s":                              "-scale-every: there are no -instances",
		"sweep -rate 5 -max-active 2-4":                            `-max-active: "2-4" is not a whole number: a range is 2:4`,
		"sweep -rate 5 -max-active 2..4":                           `-max-active: "2..4" is not a whole number: a range is 2:4`,
		"run -rate 5 -max-active 2:4":                              `-max-active: "2:4" is not a whole number: poolsim sweep takes ranges`,
		"run ../../doc.go":                                         "the text does not begin with {, so it is no scenario in JSON; poolsim fit makes one of a log or a table (line 1, column 1)",
		"run -rate 5 -svg=":                                        "-svg: its value is empty",
		"run -rate 5 -order=":                                      "-order: its value is empty",
		"run -rate=":                                               "-rate: its value is empty",
		"run -rate 5 -wait=":                                       "-wait: its value is empty",
		"run -rate 5 -requests=":                                   "-requests: its value is empty",
		"sweep -rate 5 -max-active=":                               "-max-active: its value is empty",
		"sweep -rate 5 -max-active 2:4 -target=":                   "-target: its value is empty",
		"advise -rate 5 -target p99=5ms -url=":                     "-url: its value is empty",
		"advise -stats= -target p99=5ms":                           "-stats: its value is empty",
		"fit testdata/scenario.json -out=":                         "-out: its value is empty",
		"fit testdata/scenario.json -unit=":                        "-unit: its value is empty",
		"check -first=":                                            "-first: its value is empty",
		"compare -redis=":                                          "-redis: its value is empty",
		"validate -redis=":                                         "-redis: its value is empty",
		"validate -redis ,":                                        `-redis: "," names no address`,
		"check -exhaust -depth 99999999":                           "-depth: 99999999 is above 20",
		"run -rate 5 -duration 0s":                                 "-requests: neither requests nor duration is set, the run would not end",
		"run -rate 5 -requests 0":                                  "-requests: neither requests nor duration is set, the run would not end",
		"validate -requests 0 -duration 0s":                        "-requests: neither requests nor duration is set, the run would not end",
		"validate testdata/scenario.json -duration 0s -requests 0": "-requests: neither requests nor duration is set, the run would not end",
		"sweep -rate 5 -max-active 2:4 -duration 0s":               "-requests: neither requests nor duration is set, the run would not end",
		"advise -rate 5 -target p99=5ms -requests 0":               "-requests: neither requests nor duration is set, the run would not end",
		"trace -rate 5 -requests 0":                                "-requests: neither requests nor duration is set, the run would not end",
		"validate -rate 0.001":                                     "the run would take 2",
		"run -rate 5 -clients 3":                                   "-clients: there is -rate too",
		"run -rate 5 -think 3ms":                                   "-think: only clients think",
		"run -rate 5 -max-active -3":                               "-max-active: -3 is negative",
		"run -rate 5 -max-active 2 -min-idle 3":                    "-min-idle: 3 is above",
		"run -rate 5 -wait-timeout 5ms":                            "-wait-timeout: no request waits",
		"run -rate 5 -hold exp:3":                                  `-hold: "3" is not a duration`,
		"run -rate 5 -hold uniform:3ms,1ms":                        "-hold: uniform.max",
		"run -rate 5 -hold csv:" + nowhere:                         "-hold: open ",
		"run -rate 5 -hold-mean 3ms":                               "-hold-mean: it needs -hold",
		"run -rate 5 -hold pareto:1ms,1 -hold-mean 3ms":            "-hold-mean: the mean of -hold is infinite",
		"run -rate 5 -order up":                                    "-order: ",
		"run -rate 5 -test often":                                  "-test: ",
		"run -rate 5 -outage 10s":                                  `-outage: "10s" is not of the form`,
		"run -rate 5 -leak 2":                                      "-leak: 2 is not between 0 and 1",
		"run -rate 5 -requests 1.5":                                `-requests: "1.5" is not a whole number`,
		"run -rate 5 -seed -1":                                     `-seed: "-1" is not`,
		"run -rate 5 -format xml":                                  `-format: "xml" is neither`,
		"run -rate 5 -wait=maybe":                                  "-wait: ",
		"run -rate 5 -print -svg x.svg":                            "-svg: -print does not run the scenario",
		"run -rate 5 -svg " + nowhere:                              "-svg: ",
		"run " + nowhere:                                           nowhere,
		"run a b":                                                  `"b" is not a flag`,
		"sweep -rate 5":                                            "no flag has a range",
		"sweep -rate 1:5 -max-active 1:2 -max-idle 1:2":            "-max-idle: it is the third",
		"sweep -rate 5 -max-active 9:3":                            "-max-active: ",
		"sweep -rate 5 -max-active 1:3:0":                          "-max-active: ",
		"sweep -rate 5 -max-active 1:2:3:4":                        "-max-active: ",
		"sweep -rate 5 -max-active 1:100000":                       "-max-active: ",
		"sweep -rate 5 -max-active 2,x":                            `-max-active: "x" is not a whole number`,
		"sweep -rate 1:3 -target p99=5ms":                          "-target: it needs a range of pools",
		"sweep -rate 5 -max-active 2:4 -target p98=5ms":            `-target: there is no "p98"`,
		"sweep -rate 5 -max-active 2:4 -all=maybe":                 `-all: "maybe" is neither true nor false`,
		"sweep -rate 5 -max-active 2:4 -target refused=200%":       "-target: 200% is more than all",
		"sweep -rate 5 -max-active 2:4 -target p99":                "-target: ",
		"sweep -rate 5 -max-active 2:4 -target p99=5":              "-target: ",
		"sweep -rate 5 -max-active 2:4 -seeds 0":                   "-seeds: 0 is below 1",
		"sweep -rate 5 -max-active 2:4 -min-idle 3":                "-min-idle: 3 is above",
		"sweep -rate -1e308:1e308 -hold 1ms":                       "-rate: \"-1e308:1e308\": -1e308 is beyond 1e+09",
		"sweep -rate 1:1e308 -hold 1ms":                            "-rate: \"1:1e308\": 1e308 is beyond 1e+09",
		"sweep -rate 1:1e9:1e-320 -hold 1ms":                       "-rate: \"1:1e9:1e-320\" has more than 1000 values",
		"sweep -rate 1e9:1000000000.0000002:1e-9":                  "-rate: ",
		"sweep -rate 1e300,1e301":                                  "-rate: 1e+300 is not above 0 and at most 1e9",
		"sweep -rate nan:5":                                        `-rate: "nan" is not a number`,
		"sweep -rate 5 -max-active 4:1e308":                        "-max-active: ",
		"sweep -rate 5 -max-active 4:9000000000:1000000000":        "-max-active: ",
		"sweep -rate 5 -max-active -9000000000000000000:9e18":      "-max-active: ",
		"sweep -rate 5 -wait-timeout 1ns:2562047h":                 "-wait-timeout: ",
		"sweep -rate 5 -hold 1ms -hold-mean 1ns:1h:1ns":            "-hold-mean: \"1ns:1h:1ns\" has more than 1000 values",
		"sweep -rate 1:100:0.1 -max-active 1:100":                  "more than 100000 runs or 10000 points",
		"sweep -rate 5 -max-active 1:3 -seeds 2000000000":          "-seeds: 2000000000",
		"sweep -rate 5 -max-idle 1:3 -min-idle 2":                  "-min-idle: 2 is above max_idle, 1",
		"run -rate 5 -min-idle 3000000000":                         "-min-idle: ",
		"run -rate 5 -max-active 3000000000":                       "-max-active: ",
		"run -rate 5 -requests 1e300":                              "-requests: 1e300 is more than a run can have",
		"run -rate 5 -stall 10s+0s":                                "-stall 10s+0s: FOR: 0s is not positive",
		"run -rate 5 -slow 1s+1s*2,3s+2s*0":                        "-slow 3s+2s*0: FACTOR: 0 is not above 0",
		"run -rate 5 -restart 1s -restart -2s":                     "-restart -2s: -2s is negative",
		"run -rate 5 -instances 3 -scale-every 1s -max-active 3":   "-scale-high: 0 is not above low, 0",
		"run -phases 0s:5,3s:7":                                    "-phases 0s:5: TIME: 0s is not positive",
		"run -bursts 5,0s,1s":                                      "-bursts 5,0s,1s: ON: 0s is not positive",
		"check -seeds 0":                                           "-seeds: 0 is below 1",
		"check -for 5":                                             "-for: ",
		"check " + nowhere:                                         nowhere,
		"trace -rate 5 -story -format json":                        "-story: ",
		"trace -rate 5 -instance 1":                                "-instance: there is one pool",
		"trace -rate 5 -instances 3 -instance 3":                   "-instance: there is no instance 3: those of the fleet are 0 to 2",
		"trace -rate 5 -key 1":                                     "-key: there is one pool",
		"trace -rate 5 -keys 3 -key 3":                             "-key: there is no key 3: they are 0 to 2",
		"trace -rate 5 -keys 3 -story":                             "-story: a story has one pool",
		"trace -rate 5 -test if-idle-for:1s,at-most-every:1s":      "no story can describe",
		"replay":             "name a file",
		"replay " + nowhere:  nowhere,
		"compare -clients 0": "-clients: 0 is below 1",
		"compare -redis localhost:1 -requests 1 -rounds 1": "-redis localhost:1: ",
		"compare foo":         `"foo" is not a flag`,
		"compare -think -3ms": "-think: ",
		"validate -leak 5%":   "-leak: cannot be played in real time without a timeout",
	} {
		r := poolsim("", line)
		if r.status != exitUsage || r.out != "" || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, want) {
			t.Errorf("poolsim %s: status %d\n%s%swant one line with %q", line, r.status, r.err, r.out, want)
		}
	}
}

func TestBadFiles(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "standard input: ",
		`{"pool": {"max_activ": 3}}`: "pool.max_activ",
		`{"requests": 5, "workload": {"open": {"poisson": 5}, "hold": {"constant": 3}}}`: "workload.hold.constant",
	} {
		r := poolsim(in, "run -")
		if r.status != exitUsage || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, want) {
			t.Errorf("%s: status %d\n%swant one line with %q", in, r.status, r.err, want)
		}
	}
}

// TestFileWithFlags has flags complete a file. An error is the flag's, or has its place in the file.
func TestFileWithFlags(t *testing.T) {
	const noLength = `{"pool": {"max_active": 3, "wait": true}, "workload": {"open": {"poisson": 50}, "hold": {"exponential": "20ms"}}}`
	const noLoad = `{"requests": 20, "pool": {"max_active": 3, "wait": true}}`
	for _, c := range []struct{ in, line, want string }{
		{noLength, "run - -requests 20", ""},
		{noLength, "run - -duration 2s", ""},
		{noLength, "trace - -requests 2", ""},
		{noLength, "sweep - -max-active 1:2 -requests 20", ""},
		{noLength, "validate - -requests 2 -rate 2000 -hold 1ms", ""},
		{noLength, "advise - -duration 1s -target p99=10s", ""},
		{noLoad, "run - -rate 200", ""},
		{`{"requests": 20, "clients": {"retry": {"backoff": "1ms"}}}`, "run - -rate 200 -retries 2", ""},
		{noLength, "run -", "standard input: requests: neither requests nor duration is set, the run would not end"},
		{noLength, "check - -seeds 2", "standard input: requests: neither"},
		{noLoad, "run -", "standard input: workload: neither open nor closed is set"},
		{noLength, "run - -requests 20 -max-idle -5", "poolsim run: -max-idle: -5 is below -1"},
		{`{"requests": 20, "pool": {"max_idle": -5}}`, "run - -rate 200", "standard input: pool.max_idle: -5 is below -1, which means none"},
		{`{"requests": 20, "workload": {"open": {"poisson": 50}}, "pool": {"max_idle": -5}}`, "run - -requests 5", "standard input: pool.max_idle: -5 is below -1, which means none (line 1, column 78)"},
	} {
		r := poolsim(c.in, c.line)
		switch {
		case c.want == "" && (r.status != exitOK || r.err != ""):
			t.Errorf("%s: status %d\n%s%s", c.line, r.status, r.err, r.out)
		case c.want != "" && (r.status != exitUsage || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, c.want)):
			t.Errorf("%s: status %d\n%swant one line with %q", c.line, r.status, r.err, c.want)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, line := range []string{"", "help", "-h"} {
		if out := ok(t, line); !strings.Contains(out, "Commands:") {
			t.Errorf("poolsim %s:\n%s", line, out)
		}
	}
	for _, c := range commands() {
		for _, line := range []string{"help " + c.name, c.name + " -h"} {
			if out := ok(t, line); !strings.HasPrefix(out, "poolsim "+c.name) || !strings.Contains(out, "-format") {
				t.Errorf("poolsim %s:\n%s", line, out)
			}
		}
	}
}

// TestExamples parses every command line that a help text has.
func TestExamples(t *testing.T) {
	texts := overview()
	for _, c := range commands() {
		texts += c.help()
	}
	n := 0
	for _, line := range strings.Split(strings.ReplaceAll(texts, "\\\n", " "), "\n") {
		line, is := strings.CutPrefix(line, "  poolsim ")
		if !is {
			continue
		}
		n++
		line, _, _ = strings.Cut(line, ">")
		line, _, _ = strings.Cut(line, "|")
		line = strings.ReplaceAll(line, `"INCR poolsim"`, "INCR")
		words := strings.Fields(line)
		if words[0] == "help" {
			continue
		}
		c := find(words[0])
		if c == nil {
			t.Errorf("poolsim %s: no such command", line)
			continue
		}
		f, _ := c.begin()
		if _, err := f.parse(words[1:], max(c.files, 1)); err != nil {
			t.Errorf("poolsim %s: %v", line, err)
		}
	}
	if n < 20 {
		t.Errorf("found %d examples", n)
	}
}

// The help says which of several values counts, and so it is.
func TestFlagGivenTwice(t *testing.T) {
	for command, want := range map[string]string{
		"run":   "If a flag is given twice, the last one counts. Those of -outage, -restart,\n-slow, -stall all count.",
		"sweep": "-slow, -stall, -target all count.",
		"fit":   "If a flag is given twice, the last one counts.\n",
	} {
		if out := ok(t, "help "+command); !strings.Contains(out, want) {
			t.Errorf("help %s has no %q:\n%s", command, want, out)
		}
	}
	out := ok(t, "run -print -rate 5 -rate 7 -hold 1ms -hold 2ms -restart 1s -restart 2s")
	for _, want := range []string{`"poisson": 7`, `"constant": "2ms"`, `"1s"`, `"2s"`} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %s in %s", want, out)
		}
	}
	if r := poolsim("", "run -rate 1e-308 -hold 1ms -requests 1 -max-active 1"); !strings.Contains(r.out, "1e-308 requests/s") {
		t.Errorf("the rate is shown as\n%s", r.out)
	}
}
