package fit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The lines of proxies in their default formats.
var (
	// haproxyLine has the time of the request, the names of frontend and server, and the timers.
	haproxyLine = regexp.MustCompile(`\S+:\d+ \[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] \S+ \S+/\S+ ([+\d/-]+) `)
	// envoyLine has the time, the request, the status and the flags, what Istio adds, and the
	// bytes received and sent, the duration, and the upstream's time.
	envoyLine = regexp.MustCompile(`^\[(\d{4}-\d\d-\d\dT[\d:.]+Z)\] "(?:[^"\\]|\\.)*" \d+ \S+ (?:\S+ \S+ "[^"]*" )?\d+ \d+ (\d+) (\d+|-)( |$)`)
	// albLine has the time and the three parts of a request. A Classic Load Balancer's line
	// has no type before its time.
	albLine = regexp.MustCompile(`^((?:https?|h2|grpcs|wss?) )?(\d{4}-\d\d-\d\dT[\d:.]+Z) \S+ \S+:\d+ \S+ (-?[\d.]+) (-?[\d.]+) (-?[\d.]+) `)
)

// The timers of HAProxy, by how many a line has.
var haproxyTimers = map[int][]string{
	3: {"Tw", "Tc", "Tt"},             // of a connection
	5: {"TR", "Tw", "Tc", "Tr", "Ta"}, // of a request
}

// readHAProxy reads the log of HAProxy with option httplog or tcplog.
func readHAProxy(data []byte, o *Options) (*Data, error) {
	what := "the last timer (Ta or Tt), all of a request's time (-field Tr: the server's part)"
	if o.Field != "" {
		what = "the timer " + o.Field
	}
	return readRequests("haproxy", data, o, func(line string) (r request, err error) {
		m := haproxyLine.FindStringSubmatch(line)
		if m == nil {
			return r, fmt.Errorf("not a line of HAProxy's httplog or tcplog: %s", shortened(line))
		}
		if r.at, err = time.Parse("02/Jan/2006:15:04:05.000", m[1]); err != nil {
			return r, fmt.Errorf("%q is not a time", m[1])
		}
		timers := strings.Split(m[2], "/")
		at := len(timers) - 1
		if o.Field != "" {
			names := haproxyTimers[len(timers)]
			if at = slices.Index(names, o.Field); at < 0 {
				return r, fmt.Errorf("there is no timer %q, of %s", o.Field, strings.Join(names, ", "))
			}
		}
		r.took, err = milliseconds(strings.TrimPrefix(timers[at], "+"))
		return r, err
	}, what+" is how long a request took, in milliseconds", "the time of a line is when it arrived, and has no zone: it is taken for UTC")
}

// milliseconds reads a number of milliseconds. One below zero is that of a request that was
// not served.
func milliseconds(text string) (time.Duration, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a number of milliseconds", text)
	case n < 0:
		return 0, errNoRequest
	}
	return time.Duration(n) * time.Millisecond, nil
}

// readEnvoy reads the default access log of Envoy, or of Istio.
func readEnvoy(data []byte, o *Options) (*Data, error) {
	which, what := 2, "the duration (-field upstream: the server's part)"
	switch o.Field {
	case "", "duration":
	case "upstream":
		which, what = 3, "the upstream's time"
	default:
		return nil, fmt.Errorf("-field: there is no %q in Envoy's log, but duration and upstream", o.Field)
	}
	return readRequests("envoy", data, o, func(line string) (r request, err error) {
		m := envoyLine.FindStringSubmatch(line)
		if m == nil {
			return r, fmt.Errorf("not a line of Envoy's default access log: %s", shortened(line))
		}
		if r.at, err = time.Parse(time.RFC3339Nano, m[1]); err != nil {
			return r, fmt.Errorf("%q is not a time", m[1])
		}
		if m[which] == "-" {
			return r, errNoRequest
		}
		r.took, err = milliseconds(m[which])
		return r, err
	}, what+" is how long a request took, in milliseconds", "the time of a line is when it arrived")
}

// readALB reads the access log of an Application or a Classic Load Balancer.
func readALB(data []byte, o *Options) (*Data, error) {
	return readRequests("alb", data, o, func(line string) (r request, err error) {
		m := albLine.FindStringSubmatch(line)
		if m == nil {
			return r, fmt.Errorf("not a line of a load balancer's access log: %s", shortened(line))
		}
		if r.at, err = time.Parse(time.RFC3339Nano, m[2]); err != nil {
			return r, fmt.Errorf("%q is not a time", m[2])
		}
		r.ends = m[1] != ""
		for _, part := range m[3:6] {
			if strings.HasPrefix(part, "-") {
				return r, errNoRequest
			}
			took, err := readLatency(part, "", "s")
			if err != nil {
				return r, err
			}
			r.took += took
		}
		return r, nil
	}, "the processing times of request, target and response together are how long a request took, in seconds",
		"the time of a line is when the answer was sent, with a Classic Load Balancer when the request arrived")
}
