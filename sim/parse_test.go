package sim

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// minimal is the least that makes a scenario, with something put into it.
func minimal(more string) string {
	if more != "" {
		more = ", " + more
	}
	return `{"requests": 10, "workload": {"open": {"poisson": 100}, "hold": {"constant": "3ms"}}` + more + `}`
}

func TestParseRefuses(t *testing.T) {
	workload := func(s string) string { return `{"requests": 10, "workload": {` + s + `}}` }
	for _, c := range []struct{ json, want string }{
		{``, `scenario: the text is empty`},
		{`[]`, `scenario: [] is not an object`},
		{`null`, `scenario: null is no value`},
		{`{"requests": 10`, `scenario: the text ends too early`},
		{`{"requests": `, `scenario: the text ends too early`},
		{`{"requests": "1`, `scenario: the text ends too early`},
		{`{"requests": }`, `scenario: invalid character '}' looking for beginning of value (line 1, column 14)`},
		{minimal("") + ` {}`, `scenario: there is something after its end`},
		{minimal("") + `}`, `scenario: there is something after its end`},

		{minimal(`"sed": 1`), `sed: there is no such field; there are name, seed, requests,`},
		{minimal(`"pool": {"maxActive": 1}`), `pool.maxActive: there is no such field; there are max_active,`},
		{minimal(`"pool": {"test": {"if_idle": "1s"}}`), `pool.test.if_idle: there is no such field; there are if_idle_for, at_most_every`},
		{minimal(`"pool": {"Lifetime": null}`), `pool.Lifetime: there is no such field`},
		{minimal(`"world": {"slow": [{"at": "1s", "for": "1s", "factor": 2}, {"by": 2}]}`), `world.slow[1].by: there is no such field`},
		{minimal(`"requests": 10`), `requests: is there twice`},
		{`{"seed": 1, "duration": 0.5, "outcomes": {"granted": 1}, "wait": {"mean": 0}}`, `scenario: it is a report, as poolsim run -format json prints it, and no scenario`},
		{minimal(`"pool": {"wait": true, "wait": true}`), `pool.wait: is there twice`},

		{minimal(`"pool": {"max_active": "16"}`), `pool.max_active: "16" is not a whole number in range`},
		{minimal(`"pool": {"max_active": 1.5}`), `pool.max_active: 1.5 is not a whole number in range`},
		{minimal(`"pool": {"max_active": 1e99}`), `pool.max_active: 1e99 is not a whole number in range`},
		{minimal(`"seed": -1`), `seed: -1 is not a whole number in range`},
		{minimal(`"name": 7`), `name: 7 is not text`},
		{minimal(`"pool": {"wait": 1}`), `pool.wait: 1 is not true or false`},
		{minimal(`"pool": []`), `pool: [] is not an object`},
		{minimal(`"pool": null`), `pool: null is no value`},
		{minimal(`"world": {"open_failure": "0.1"}`), `world.open_failure: "0.1" is not a number`},
		{minimal(`"world": {"restarts": "1s"}`), `world.restarts: "1s" is not a list`},
		{workload(`"open": "poisson"`), `workload.open: "poisson" is not an object`},
		{workload(`"open": {"poisson": ["a long text that goes on and on and on and on"]}`),
			`workload.open.poisson: ["a long text that goes on and on and on... is not a number`},

		{minimal(`"duration": 10`), `duration: 10 is not a duration: write text with a unit, such as "3ms"`},
		{minimal(`"duration": "10"`), `duration: "10" is not a duration: write a number with a unit, such as "3ms"`},
		{minimal(`"duration": "3 parsecs"`), `duration: "3 parsecs" is not a duration`},
		{minimal(`"duration": "3MS"`), `duration: "3MS" is not a duration`},
		{minimal(`"duration": true`), `duration: true is not a duration`},
		{minimal(`"duration": null`), `duration: null is no value`},
		{minimal(`"pool": {"max_age": 60}`), `pool.max_age: 60 is not a duration`},
		{minimal(`"world": {"life": {"uniform": {"min": 1, "max": "2s"}}}`), `world.life.uniform.min: 1 is not a duration`},
		{minimal(`"world": {"restarts": ["1s", 2]}`), `world.restarts[1]: 2 is not a duration`},
		{minimal(`"world": {"open_latency": {"empirical": ["1ms", "2"]}}`), `world.open_latency.empirical[1]: "2" is not a duration`},

		{minimal(`"pool": {"max_active": -1}`), `pool.max_active: -1 is negative`},
	} {
		s, err := Parse([]byte(c.json))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %s", c.json, err, c.want)
		}
		if s != nil {
			t.Errorf("%s: there is a scenario in spite of %v", c.json, err)
		}
	}
}

// An error says where in the text the reader has to look.
func TestParseNamesThePlace(t *testing.T) {
	for text, want := range map[string]string{
		"{\n  \"requests\": 10,\n  \"pool\": {\"wait\": true,},\n}": `scenario: a comma stands before }: take it out (line 3, column 24)`,
		"{\n  \"requests\": 10,\n}":                                 `scenario: a comma stands before }: take it out (line 2, column 17)`,
		"{\"world\": {\"restarts\": [\"1s\",\n]}}":                  `scenario: a comma stands before ]: take it out (line 1, column 29)`,
		"{\n\"seed\": 1\n\"requests\": 1}":                          `a comma is missing before it (line 3, column 1)`,
		"{\n \"sed\": 1}":                                           `did you mean seed? (line 2, column 2)`,
		"{\n \"pool\": {\n  \"maxActive\": 1}}":                     `did you mean max_active? (line 3, column 3)`,
		"{\n \"requests\": 1,\n \"pool\": {\"max_active\": -1},\n" +
			"\"workload\": {\"open\": {\"poisson\": 1}, \"hold\": \"1ms\"}}": `pool.max_active: -1 is negative (line 3, column 25)`,
		"\xff\xfe{\x00}\x00": `the text is in UTF-16: save it as UTF-8`,
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestParseTakesAByteOrderMark(t *testing.T) {
	if _, err := Parse([]byte("\ufeff" + minimal(""))); err != nil {
		t.Error(err)
	}
}

// A distribution stands in a file as it stands in a flag.
func TestParseShortDistributions(t *testing.T) {
	for text, want := range map[string]Dist{
		`"3ms"`:               constant(3 * ms),
		`"3 ms"`:              constant(3 * ms),
		`"exp:3ms"`:           {Exponential: 3 * ms},
		`"uniform:1ms,5 ms"`:  {Uniform: &Uniform{ms, 5 * ms}},
		`"lognormal:2ms,0.8"`: {Lognormal: &Lognormal{2 * ms, 0.8}},
		`"pareto:1ms,1.5,2s"`: {Pareto: &Pareto{ms, 1.5, 2 * sec}},
		`"samples:1ms,2ms"`:   {Empirical: []Duration{ms, 2 * ms}},
		`"csv:a.csv"`:         {EmpiricalCSV: "a.csv"},
	} {
		s, err := Parse([]byte(minimal(`"world": {"open_latency": ` + text + `}`)))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if d := cmp.Diff(want, s.World.OpenLatency); d != "" {
			t.Errorf("%s: %s", text, d)
		}
		var d Dist
		if err := json.Unmarshal([]byte(text), &d); err != nil || cmp.Diff(want, d) != "" {
			t.Errorf("%s by itself: %+v, %v", text, d, err)
		}
	}
	for text, want := range map[string]string{
		`"3"`:         `world.open_latency: "3" is not a duration`,
		`"normal:3s"`: `world.open_latency: "normal:3s" is not a distribution`,
	} {
		if _, err := Parse([]byte(minimal(`"world": {"open_latency": ` + text + `}`))); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestParse(t *testing.T) {
	s, err := Parse([]byte(minimal(`
		"seed": 18446744073709551615, "warm_up": 0,
		"pool": {"max_active": 16, "max_idle": -1, "order": "fifo", "test": {}},
		"world": {"restarts": ["1s", "1m30s"], "slow": [{"at": "2s", "for": "1s", "factor": 2.5}]}`)))
	if err != nil {
		t.Fatal(err)
	}
	want := &Scenario{
		Seed: 1<<64 - 1, Requests: 10,
		Pool:     Pool{MaxActive: 16, MaxIdle: -1, Order: "fifo", Test: &Test{}},
		Workload: Workload{Open: &OpenLoop{Poisson: 100}, Hold: constant(3 * ms)},
		World:    World{Restarts: []Duration{sec, 90 * sec}, Slow: []Slowdown{{2 * sec, sec, 2.5}}},
	}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
}

// A written distribution is read again as the same distribution.
func TestJSONRoundTrip(t *testing.T) {
	for _, s := range []*Scenario{everything(), closedScenario(), burstScenario()} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if d := cmp.Diff(s, got); d != "" {
			t.Error(d)
		}
	}
}

// However broken the text, Parse says so, or gives a scenario that can be run.
func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal("")))
	f.Add([]byte(minimal(`"pool": {"max_active": 1}, "world": {"restarts": ["1s"]}`)))
	f.Add([]byte(`{"a": {"b": [}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err != nil {
			return
		}
		if err := s.Validate(); err != nil {
			t.Errorf("%v of what was parsed", err)
		}
	})
}
