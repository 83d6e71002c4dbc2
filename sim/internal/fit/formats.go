package fit

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// format is a kind of file.
type format struct {
	kind, name string
	why        string // how its first line shows it
	uses       string // the options that have a meaning for it, by the names of their flags
	is         func(line string, data []byte) bool
	read       func(data, earlier []byte, o *Options) (*Data, error)
}

// formats is all kinds of files. The first one whose test holds is that of a file.
var formats = allFormats()

func allFormats() []format {
	begins := func(pattern string) func(string, []byte) bool {
		re := regexp.MustCompile(pattern)
		return func(line string, _ []byte) bool { return re.MatchString(line) }
	}
	table := func(form tableForm) func(data, _ []byte, o *Options) (*Data, error) {
		return func(data, _ []byte, o *Options) (*Data, error) { return readTable(data, &form, o) }
	}
	lines := func(read func(data []byte, o *Options) (*Data, error)) func(data, _ []byte, o *Options) (*Data, error) {
		return func(data, _ []byte, o *Options) (*Data, error) { return read(data, o) }
	}
	const ofTable, ofFields = "skip time latency unit", "skip time latency unit field"
	return []format{
		{"k6", "k6's results", "its first line is that of k6", ofTable + " metric", isK6, lines(readK6)},
		{"vegeta", "vegeta's results", "its first line is that of vegeta encode", ofTable, isVegeta, lines(readVegeta)},
		{"jsonl", "a log of JSON lines", "it has a JSON object in each line", ofFields, func(_ string, data []byte) bool { return looksLikeJSONLines(data) }, lines(readJSONLines)},
		{"envoy", "Envoy's access log", "its first line is that of Envoy", "skip field", func(line string, _ []byte) bool { return envoyLine.MatchString(line) }, lines(readEnvoy)},
		{"stats", "a pool's statistics", "it is JSON", "over pool", begins(`^[{[]`), readStats},
		{"haproxy", "HAProxy's log", "its first line is that of HAProxy", "skip field", func(line string, _ []byte) bool { return haproxyLine.MatchString(line) }, lines(readHAProxy)},
		{"alb", "the access log of an AWS load balancer", "its first line is that of an AWS load balancer", "skip", func(line string, _ []byte) bool { return albLine.MatchString(line) }, lines(readALB)},
		{"log", "an access log", "its first line is that of an access log", "skip field unit", func(line string, _ []byte) bool { return logLine.MatchString(line) }, lines(readLog)},
		{"prometheus", "Prometheus' text", "its lines are those of Prometheus", "skip metric over unit", isPrometheus, readPrometheus},
		{"logfmt", "a log of key=value pairs", "its first line has key=value pairs", ofFields, func(line string, _ []byte) bool { return looksLikeLogfmt(line) }, lines(readLogfmt)},
		{"jtl", "JMeter's results", "its heading is that of JMeter", ofTable, begins(`^timeStamp[,;\t]elapsed[,;\t]`), table(tableForm{
			kind: "jtl", at: "timeStamp", latency: "elapsed", unit: "ms", note: "JMeter has both in milliseconds, and the time is that of the start (sampleresult.timestamp.start)"})},
		{"hey", "hey's results", "its heading is that of hey", ofTable, begins(`^response-time,DNS\+dialup,`), table(tableForm{
			kind: "hey", at: "offset", latency: "response-time", unit: "s", note: "hey has both in seconds"})},
		{"ab", "ApacheBench's results", "its heading is that of ab -g", ofTable, begins(`^starttime\tseconds\tctime\t`), table(tableForm{
			kind: "ab", at: "seconds", latency: "ttime", unit: "ms", note: "ab has times in milliseconds, and starts in whole seconds"})},
		{"csv", "a CSV file", "it is of no other kind", ofTable, func(string, []byte) bool { return true }, table(tableForm{kind: "csv"})},
	}
}

// Kinds returns the kinds of files.
func Kinds() (all []string) {
	for _, f := range formats {
		all = append(all, f.kind)
	}
	return all
}

// NameOf returns the name of a kind for readers.
func NameOf(kind string) string {
	if i := indexOf(kind); i >= 0 {
		return formats[i].name
	}
	return kind
}

func indexOf(kind string) int {
	return slices.IndexFunc(formats, func(f format) bool { return f.kind == kind })
}

// KindOf recognizes the kind of a file by its first line that is neither empty nor a comment.
func KindOf(data []byte) (kind, why string) {
	line := firstLine(data)
	for _, f := range formats {
		if f.is(line, data) {
			return f.kind, f.why
		}
	}
	return "csv", "" // the last one is of any text
}

func firstLine(data []byte) string {
	var line []byte
	for text := range bytes.Lines(data) {
		if line = bytes.TrimSpace(text); len(line) > 0 && line[0] != '#' {
			break
		}
	}
	return string(line)
}

// Read reads a file of a kind. A second file, of an earlier time, is taken off the first
// where counts add up since a program began.
func Read(kind string, data, earlier []byte, o *Options) (*Data, error) {
	i := indexOf(kind)
	if i < 0 {
		return nil, fmt.Errorf("%q is no kind of file: there are %s", kind, strings.Join(Kinds(), ", "))
	}
	if err := summary(data); err != nil {
		return nil, err
	}
	if err := formats[i].unused(o); err != nil {
		return nil, err
	}
	return formats[i].read(data, earlier, o)
}
