package main

import (
	"regexp"
	"strings"
	"testing"
)

// quickstart runs the command.
func quickstart(args ...string) (stdout string, err error) {
	var out strings.Builder
	err = start(args, &out)
	return out.String(), err
}

// says fails the test unless the output matches all patterns. In a pattern ^ and $ match the ends of a line.
func says(t *testing.T, out string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile("(?m)" + p).MatchString(out) {
			t.Errorf("the output has no %q:\n%s", p, out)
		}
	}
}

func TestClientsShareConnections(t *testing.T) {
	out, err := quickstart("-clients", "12", "-requests", "20", "-max-active", "3", "-max-idle", "2")
	if err != nil {
		t.Fatal(err)
	}
	says(t, out,
		`^12 clients, 20 requests each, connections: at most 3, 2 kept idle$`,
		`^half way the server killed an idle connection: .* no client noticed$`,
		`^240 requests answered in .*, 0 refused; 60 transactions, visits counted: 60$`,
		`^connections at most +3$`,
		`^closed, failed its check +1$`,
		`^lent +243$`, // the requests, and one each for a PING, for deleting keys, and for finding the connection to kill
		`^refused, all in use +0$`)
}

func TestOneConnectionForAll(t *testing.T) {
	out, err := quickstart("-clients", "5", "-requests", "4", "-max-active", "1", "-max-idle", "1")
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, `^20 requests answered`, `^connections at most +1$`, `^waiting at most +[1-4]$`)
}

func TestWithoutWaitingTheRestIsRefused(t *testing.T) {
	out, err := quickstart("-clients", "10", "-requests", "20", "-max-active", "1", "-wait=false")
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, `^[0-9]+ requests answered`, `^connections at most +1$`, `^waited for one +0$`)
}

func TestNothingKeptNothingKilled(t *testing.T) {
	out, err := quickstart("-clients", "3", "-requests", "3", "-max-active", "0", "-max-idle", "0")
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, `^3 clients, 3 requests each, connections: any number, 0 kept idle$`, `^9 requests answered`, `^connections now, idle +0$`)
}

// TestMistakes checks that main prints one line for each mistake, and ends with status 1.
func TestMistakes(t *testing.T) {
	for args, want := range map[string]string{
		"-clients 0":           "-clients is 0, must be at least 1",
		"-clients -3":          "-clients is -3, must be at least 1",
		"-requests 0":          "-requests is 0, must be at least 1",
		"-max-active -1":       "-max-active is -1, must not be negative",
		"-max-idle -1":         "-max-idle is -1, must not be negative",
		"-clients many":        `invalid value "many" for flag -clients: parse error`,
		"-wait=perhaps":        `invalid boolean value "perhaps" for -wait: parse error`,
		"-port 1":              "flag provided but not defined: -port",
		"-redis":               "flag needs an argument: -redis",
		"localhost:6379":       `unexpected argument "localhost:6379"`,
		"-redis 127.0.0.1:1":   "no Redis at 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused",
		"-clients 1 -wait yes": `unexpected argument "yes"`,
	} {
		out, err := quickstart(strings.Fields(args)...)
		if err == nil || err.Error() != want || out != "" {
			t.Errorf("%s: error %v, want %s; printed %q", args, err, want, out)
		}
	}
}

func TestHelp(t *testing.T) {
	out, err := quickstart("-h")
	if err != nil {
		t.Error(err)
	}
	says(t, out, `^Usage: quickstart`, `^  -clients int$`, `^  -redis host:port$`)
}
